using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Frontier.Client;

/// <summary>Makes the connection to a gateway: TCP, a Unix domain socket, or what the application's callback gives; and TLS over it.</summary>
internal static class SocketDialer
{
    // From Linux's <netinet/in.h>: bind to an address and leave the port to connect, so that one address can serve 64k connections per destination
    // and not 64k in total.
    private const int SolIp = 0;
    private const int IpBindAddressNoPort = 24;

    /// <summary>Connects to one of several addresses.</summary>
    /// <param name="options">How.</param>
    /// <param name="endPoints">The addresses, in order. Those that failed are taken out, and the one that is connected to.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FrontierException">Nobody answered (ConnectionLost), not in time (Timeout), or the TLS handshake failed (Refused).</exception>
    public static async Task<SocketDuplexPipe> ConnectAsync(FrontierClientOptions options, List<EndPoint> endPoints, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.ConnectTimeout);
        var names = string.Join(", ", endPoints.Select(EndPointText.Format));
        Link link;
        try
        {
            link = await ConnectRace.RunAsync(endPoints, (endPoint, token) => DialAsync(options, endPoint, token), ConnectRace.AttemptDelay, patience.Token)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FrontierException(FrontierErrorCode.Timeout, $"No connection to {names} within {options.ConnectTimeout}.");
        }

        try
        {
            return await SecureAsync(options, link, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            link.Dispose();
            throw new FrontierException(FrontierErrorCode.Timeout, $"No TLS handshake with {EndPointText.Format(link.EndPoint)} within {options.ConnectTimeout}.");
        }
        catch (AuthenticationException e)
        {
            link.Dispose();
            throw new FrontierException(
                FrontierErrorCode.Refused, $"The TLS handshake with {EndPointText.Format(link.EndPoint)} failed, whose port may be one without TLS: {e.Message}", e);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            link.Dispose();
            throw new FrontierException(
                FrontierErrorCode.ConnectionLost, $"The TLS handshake with {EndPointText.Format(link.EndPoint)} ended, whose port may be one without TLS: {e.Message}", e);
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    private static async Task<SocketDuplexPipe> SecureAsync(FrontierClientOptions options, Link link, CancellationToken cancellationToken)
    {
        var stream = link.Stream;
        if (options.Tls is { } tls)
        {
            var secured = new SslStream(stream, leaveInnerStreamOpen: false);
            stream = secured;
            await secured.AuthenticateAsClientAsync(tls, cancellationToken).ConfigureAwait(false);
        }

        return new SocketDuplexPipe(link.Socket, stream, link.Stream, link.EndPoint);
    }

    private static async Task<Link> DialAsync(FrontierClientOptions options, EndPoint endPoint, CancellationToken cancellationToken)
    {
        Socket? socket = null;
        try
        {
            if (options.ConnectCallback is { } callback)
            {
                return new Link(null, await callback(endPoint, cancellationToken).ConfigureAwait(false), endPoint);
            }

            socket = CreateSocket(endPoint);
            if (options.LocalEndPoint is { } local && endPoint is IPEndPoint)
            {
                Bind(socket, local);
            }

            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return new Link(socket, new NetworkStream(socket, ownsSocket: true), endPoint);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            socket?.Dispose();
            throw;
        }
        catch (FrontierException)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever the application's callback throws: there is no connection.
        catch (Exception e)
#pragma warning restore CA1031
        {
            socket?.Dispose();
            throw new FrontierException(FrontierErrorCode.ConnectionLost, $"No connection to {EndPointText.Format(endPoint)}: {e.Message}", e);
        }
    }

    private static Socket CreateSocket(EndPoint endPoint)
    {
        if (endPoint is UnixDomainSocketEndPoint)
        {
            return new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        }

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

    private sealed record Link(Socket? Socket, Stream Stream, EndPoint EndPoint) : IDisposable
    {
        public void Dispose() => Stream.Dispose(); // The socket with it.
    }
}
