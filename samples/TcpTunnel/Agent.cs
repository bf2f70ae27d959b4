using System.Net;
using System.Net.Sockets;
using Frontier.Client;

namespace Frontier.Samples.TcpTunnel;

/// <summary>The edge, next to the TCP service that is to be reached: connects each stream to it.</summary>
/// <param name="edge">The connection to the gateway.</param>
/// <param name="target">The TCP service.</param>
/// <param name="output">Where to print what happens.</param>
internal sealed class Agent(FrontierEdge edge, EndPoint target, TextWriter output)
{
    /// <summary>Serves until the edge is over or the token is canceled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        output.WriteLine($"Edge {edge.EdgeId} exposes {target}.");
        await foreach (var stream in edge.AcceptStreamsAsync(cancellationToken))
        {
            _ = ServeAsync(stream, cancellationToken);
        }
    }

    private async Task ServeAsync(FrontierStream stream, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target, cancellationToken);
        }
        catch (SocketException e)
        {
            output.WriteLine($"{target} is not to be reached: {e.Message}");
            socket.Dispose();
            await stream.DisposeAsync(); // Not ended before, and so aborted: the other side resets its connection.
            return;
        }

        await Pump.RunAsync(socket, stream, cancellationToken);
    }
}
