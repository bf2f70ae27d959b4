using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Frontier.Client;

/// <summary>Makes the TCP or TLS connection to a gateway.</summary>
internal static class SocketDialer
{
    // From Linux's <netinet/in.h>: bind to an address and leave the port to connect, so that one address can serve 64k connections per destination
    // and not 64k in total.
    private const int SolIp = 0;
    private const int IpBindAddressNoPort = 24;

    /// <summary>Connects.</summary>
    /// <exception cref="FrontierException">Nobody answered (ConnectionLost), not in time (Timeout), or the TLS handshake failed (Refused).</exception>
    public static async Task<SocketDuplexPipe> ConnectAsync(FrontierClientOptions options, IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.ConnectTimeout);
        var socket = CreateSocket(endPoint);
        try
        {
            if (options.LocalEndPoint is { } local)
            {
                Bind(socket, local);
            }

            await socket.ConnectAsync(endPoint, patience.Token).ConfigureAwait(false);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (options.Tls is { } tls)
            {
                var secured = new SslStream(stream, leaveInnerStreamOpen: false);
                stream = secured;
                await secured.AuthenticateAsClientAsync(tls, patience.Token).ConfigureAwait(false);
            }

            return new SocketDuplexPipe(socket, stream);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new FrontierException(FrontierErrorCode.Timeout, $"No connection to {endPoint} within {options.ConnectTimeout}.");
        }
        catch (AuthenticationException e)
        {
            socket.Dispose();
            throw new FrontierException(FrontierErrorCode.Refused, $"The TLS handshake with {endPoint} failed: {e.Message}", e);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            socket.Dispose();
            throw new FrontierException(FrontierErrorCode.ConnectionLost, $"No connection to {endPoint}: {e.Message}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static Socket CreateSocket(IPEndPoint endPoint)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.NoDelay = true; // Frames are gathered before they are flushed; waiting for more would only delay them.
        return socket;
    }

    private static void Bind(Socket socket, IPEndPoint local)
    {
        if (local.Port == 0 && OperatingSystem.IsLinux())
        {
            socket.SetRawSocketOption(SolIp, IpBindAddressNoPort, BitConverter.GetBytes(1));
        }

        socket.Bind(local);
    }
}
