using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Frontier.Queues.Tests.Support;

namespace Frontier.Queues.Tests.Backends;

/// <summary>A NATS server with JetStream on disk; the stream is what the gateway makes. Read with the stream's own API, message by message.</summary>
internal sealed class JetStreamQueue : ITestQueue
{
    private readonly ServerProcess _server = new("nats-server", server =>
        ["-a", "127.0.0.1", "-p", server.Port.ToString(CultureInfo.InvariantCulture), "-js", "-sd", server.Directory]);

    public string Name => "jetstream";

    public string Topic => "plant.telemetry";

    public bool HasHeaders => true;

    public bool Keeps => true;

    public (string Key, string Value)[] Settings =>
    [
        ("mqm:nats:enable", "true"),
        ("mqm:nats:addrs:0", $"127.0.0.1:{_server.Port}"),
        ("mqm:nats:jetstream:enable", "true"),
        ("mqm:nats:jetstream:name", "EDGES"),
        ("mqm:nats:jetstream:producer:subjects:0", Topic),
    ];

    public Task StartAsync() => _server.StartAsync(async () =>
    {
        using var client = await NatsTestClient.ConnectAsync(_server.Port);
        Assert.That((await AskAsync(client, "$JS.API.INFO", ""))["error"], Is.Null);
    });

    public Task KillAsync() => _server.KillAsync();

    public async Task<IReadOnlyList<Received>> ReadAllAsync()
    {
        using var client = await NatsTestClient.ConnectAsync(_server.Port);
        var info = await AskAsync(client, "$JS.API.STREAM.INFO.EDGES", "");
        var last = (long)info["state"]!["last_seq"]!;
        var received = new List<Received>();
        for (var i = 1L; i <= last; i++)
        {
            var message = (await AskAsync(client, "$JS.API.STREAM.MSG.GET.EDGES", $"{{\"seq\":{i}}}"))["message"]!;
            var header = Encoding.UTF8.GetString(Convert.FromBase64String((string?)message["hdrs"] ?? ""));
            received.Add(new Received(Convert.FromBase64String((string?)message["data"] ?? ""), NatsTestClient.Headers(header)));
        }

        return received;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static async Task<JsonObject> AskAsync(NatsTestClient client, string subject, string body)
    {
        var inbox = $"test.{Guid.NewGuid():N}";
        await client.SendAsync($"SUB {inbox} 9\r\nPUB {subject} {inbox} {body.Length}\r\n{body}\r\n");
        var answer = await client.NextAsync().WaitAsync(TimeSpan.FromSeconds(5));
        await client.SendAsync("UNSUB 9\r\n");
        return JsonNode.Parse(answer.Payload)!.AsObject();
    }
}
