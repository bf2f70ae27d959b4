using System.Net;
using System.Net.Sockets;
using Frontier.Client;

namespace Frontier.Samples.TcpTunnel;

/// <summary>The service: listens for TCP connections and opens a stream to the edge for each.</summary>
/// <param name="service">The connection to the gateway.</param>
/// <param name="edgeId">The edge with the agent.</param>
/// <param name="listen">Where to listen.</param>
/// <param name="output">Where to print what happens.</param>
internal sealed class Entry(FrontierService service, ulong edgeId, IPEndPoint listen, TextWriter output)
{
    /// <summary>Listens until the token is canceled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var listener = new TcpListener(listen);
        listener.Start();
        output.WriteLine($"{listener.LocalEndpoint} leads to edge {edgeId}.");
        while (true)
        {
            _ = ServeAsync(await listener.AcceptSocketAsync(cancellationToken), cancellationToken);
        }
    }

    private async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        socket.NoDelay = true;
        try
        {
            var stream = await service.OpenStreamAsync(edgeId, cancellationToken: cancellationToken);
            await Pump.RunAsync(socket, stream, cancellationToken);
        }
        catch (Exception e) when (e is FrontierException or OperationCanceledException)
        {
            output.WriteLine($"No stream to edge {edgeId}: {e.Message}");
            Pump.Reset(socket);
        }
    }
}
