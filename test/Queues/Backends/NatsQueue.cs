using System.Collections.Concurrent;
using System.Globalization;
using Frontier.Queues.Tests.Support;

namespace Frontier.Queues.Tests.Backends;

/// <summary>A NATS server with a subscriber. It keeps nothing: what comes while nobody is subscribed is gone, as NATS has it.</summary>
internal sealed class NatsQueue(string? token = null, params string[] arguments) : ITestQueue
{
    private readonly ServerProcess _server = new("nats-server", server =>
    [
        "-a", "127.0.0.1", "-p", server.Port.ToString(CultureInfo.InvariantCulture), .. token is null ? Array.Empty<string>() : ["--auth", token], .. arguments,
    ]);

    private readonly ConcurrentQueue<Received> _received = [];
    private NatsTestClient? _subscriber;
    private Task _reading = Task.CompletedTask;

    public string Name => "nats";

    public string Topic => "plant.telemetry";

    public bool HasHeaders => true;

    public bool Keeps => false;

    public int Port => _server.Port;

    public (string Key, string Value)[] Settings =>
        [("mqm:nats:enable", "true"), ("mqm:nats:addrs:0", $"nats://127.0.0.1:{_server.Port}"), ("mqm:nats:producer:subjects:0", Topic)];

    public async Task StartAsync()
    {
        await _server.StartAsync(async () => await ServerProcess.ConnectsAsync(_server.Port));
        if (token is not null || arguments.Length > 0)
        {
            return;
        }

        _subscriber = await NatsTestClient.ConnectAsync(_server.Port);
        await _subscriber.SendAsync($"SUB {Topic} 1\r\nPING\r\n");
        Assert.That(await _subscriber.ReadLineAsync(), Is.EqualTo("PONG"));
        _reading = ReadAsync(_subscriber);
    }

    public async Task KillAsync()
    {
        await _server.KillAsync();
        await _reading;
        _subscriber?.Dispose();
        _subscriber = null;
    }

    public Task<IReadOnlyList<Received>> ReadAllAsync() => Task.FromResult<IReadOnlyList<Received>>([.. _received]);

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await _server.DisposeAsync();
    }

    private async Task ReadAsync(NatsTestClient subscriber)
    {
        try
        {
            while (true)
            {
                var (header, payload) = await subscriber.NextAsync();
                _received.Enqueue(new Received(payload, NatsTestClient.Headers(header)));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The server is gone.
        }
    }
}
