using System.Text;
using Frontier.Client;

namespace Frontier.Samples.DeviceConsole;

/// <summary>An edge to try the console with: answers calls, prints messages, and sends back what comes on streams.</summary>
/// <param name="edge">The connection to the gateway.</param>
/// <param name="output">Where to print what happens.</param>
internal sealed class Device(FrontierEdge edge, TextWriter output)
{
    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;

    /// <summary>Serves until the edge is over or the token is canceled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await edge.RegisterAsync("echo", (request, _) => ValueTask.FromResult<CallResponse>(request.Payload), cancellationToken);
        await edge.RegisterAsync("uptime", (_, _) => ValueTask.FromResult<CallResponse>(Encoding.UTF8.GetBytes($"{DateTimeOffset.UtcNow - _started:c}")), cancellationToken);
        output.WriteLine($"Device {edge.EdgeId} is online; methods: echo, uptime.");
        await Task.WhenAll(PrintMessagesAsync(cancellationToken), EchoStreamsAsync(cancellationToken));
    }

    private async Task PrintMessagesAsync(CancellationToken cancellationToken)
    {
        await foreach (var message in edge.ReceiveAsync(cancellationToken))
        {
            output.WriteLine($"{message.Topic}: {Encoding.UTF8.GetString(message.Payload.Span)}");
            await message.AckAsync();
        }
    }

    private async Task EchoStreamsAsync(CancellationToken cancellationToken)
    {
        await foreach (var stream in edge.AcceptStreamsAsync(cancellationToken))
        {
            _ = EchoAsync(stream);
        }
    }

    private static async Task EchoAsync(FrontierStream stream)
    {
        await using var _ = stream;
        try
        {
            await stream.CopyToAsync(stream);
            await stream.CompleteWritesAsync();
        }
        catch (IOException)
        {
            // The connection is lost; there is nobody to echo to.
        }
    }
}
