using System.Net.Sockets;
using Frontier.Client;

namespace Frontier.Samples.TcpTunnel;

/// <summary>Joins a TCP connection and a stream: bytes both ways, the end of each half as it comes, and a reset as a reset.</summary>
internal static class Pump
{
    /// <summary>Runs until both halves have ended, or either side breaks.</summary>
    /// <param name="socket">The TCP connection.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="cancellationToken">Cuts both.</param>
    public static async Task RunAsync(Socket socket, FrontierStream stream, CancellationToken cancellationToken)
    {
        await using var tcp = new NetworkStream(socket, ownsSocket: true);
        await using var far = stream;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await Task.WhenAll(ToStreamAsync(), ToTcpAsync());
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
            // One side broke: the other is to see that, and not an end. The stream, which has not been ended, is aborted when it is disposed.
            Reset(socket);
        }

        async Task ToStreamAsync()
        {
            await EndBothWhenBrokenAsync(tcp.CopyToAsync(far, either.Token), either);
            await far.CompleteWritesAsync(either.Token);
        }

        async Task ToTcpAsync()
        {
            await EndBothWhenBrokenAsync(far.CopyToAsync(tcp, either.Token), either);
            socket.Shutdown(SocketShutdown.Send);
        }
    }

    /// <summary>Cuts a TCP connection, so that its peer sees a reset.</summary>
    public static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    private static async Task EndBothWhenBrokenAsync(Task copying, CancellationTokenSource either)
    {
        try
        {
            await copying;
        }
        catch
        {
            await either.CancelAsync();
            throw;
        }
    }
}
