using System.Globalization;
using System.Text;
using Frontier.Client;
using Spectre.Console;

namespace Frontier.Samples.DeviceConsole;

/// <summary>The console: a service that carries out what an operator types.</summary>
/// <param name="service">The connection to the gateway.</param>
/// <param name="edges">Who is online.</param>
/// <param name="console">The terminal.</param>
internal sealed class DeviceShell(FrontierService service, EdgeList edges, IAnsiConsole console)
{
    private volatile bool _watching;

    /// <summary>Carries out commands until there are no more, or one is <c>exit</c>.</summary>
    public async Task RunAsync(IAsyncEnumerable<string> commands, CancellationToken cancellationToken)
    {
        await service.OnEdgeOnlineAsync((edge, _) => Told("online", edge), cancellationToken);
        await service.OnEdgeOfflineAsync((edge, _) => Told("offline", edge), cancellationToken);
        service.Disconnected += (_, e) => console.MarkupLineInterpolated($"[yellow]disconnected: {e.Reason}[/]");
        service.Connected += (_, e) => console.MarkupLineInterpolated($"[green]connected again ({e.Generation})[/]");
        console.MarkupLineInterpolated($"Service [green]{service.ServiceId}[/]. Type [green]help[/] for what there is.");
        await foreach (var line in commands.WithCancellation(cancellationToken))
        {
            var words = line.Split(' ', 4, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (words is ["exit" or "quit", ..])
            {
                return;
            }

            try
            {
                await RunAsync(words, cancellationToken);
            }
            catch (Exception e) when (e is FrontierException or FormatException or OverflowException or IOException or HttpRequestException)
            {
                console.MarkupLineInterpolated($"[red]{e.Message}[/]");
            }
        }
    }

    private Task RunAsync(string[] words, CancellationToken cancellationToken) => words switch
    {
        [] => Task.CompletedTask,
        ["edges"] => ListAsync(cancellationToken),
        ["call", var id, var method, ..] => CallAsync(IdOf(id), method, RestOf(words), cancellationToken),
        ["publish", var id, var topic, ..] => PublishAsync(IdOf(id), topic, RestOf(words), cancellationToken),
        ["stream", var id, ..] => StreamAsync(IdOf(id), string.Join(' ', words[2..]), cancellationToken),
        ["watch"] => WatchAsync(),
        _ => HelpAsync(),
    };

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        var table = new Table().AddColumns("edge", "meta", "address");
        foreach (var (id, meta, address) in await edges.ListAsync(50, cancellationToken))
        {
            table.AddRow(new Text(id.ToString(CultureInfo.InvariantCulture)), new Text(meta), new Text(address));
        }

        console.Write(table);
    }

    private async Task CallAsync(ulong edgeId, string method, string argument, CancellationToken cancellationToken)
    {
        var response = await service.CallAsync(edgeId, method, Encoding.UTF8.GetBytes(argument), cancellationToken: cancellationToken);
        console.WriteLine($"{method}: {Encoding.UTF8.GetString(response.Payload.Span)}");
    }

    private async Task PublishAsync(ulong edgeId, string topic, string content, CancellationToken cancellationToken)
    {
        await service.PublishAsync(edgeId, topic, Encoding.UTF8.GetBytes(content), cancellationToken: cancellationToken);
        console.WriteLine("acknowledged");
    }

    private async Task StreamAsync(ulong edgeId, string content, CancellationToken cancellationToken)
    {
        await using var stream = await service.OpenStreamAsync(edgeId, cancellationToken: cancellationToken);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(content), cancellationToken);
        await stream.CompleteWritesAsync(cancellationToken);
        using var reader = new StreamReader(stream);
        console.WriteLine($"stream: {await reader.ReadToEndAsync(cancellationToken)}");
    }

    private Task WatchAsync()
    {
        _watching = !_watching;
        console.WriteLine(_watching ? "watching who comes and goes" : "not watching any more");
        return Task.CompletedTask;
    }

    private Task HelpAsync()
    {
        console.WriteLine("""
            edges                        who is online
            call EDGE METHOD [TEXT]      calls a method
            publish EDGE TOPIC [TEXT]    sends a message
            stream EDGE TEXT             opens a stream, sends the text, prints what comes back
            watch                        prints edges that come and go, or stops it
            exit
            """);
        return Task.CompletedTask;
    }

    private ValueTask Told(string what, EdgePresence edge)
    {
        if (_watching)
        {
            console.WriteLine($"edge {edge.EdgeId} is {what} ({Encoding.UTF8.GetString(edge.Meta.Span)})");
        }

        return default;
    }

    private static ulong IdOf(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);

    private static string RestOf(string[] words) => words.Length > 3 ? words[3] : "";
}
