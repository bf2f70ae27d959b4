using System.Collections.Concurrent;
using System.Globalization;
using Frontier.Queues.Tests.Support;
using StackExchange.Redis;

namespace Frontier.Queues.Tests.Backends;

/// <summary>A Redis server with a subscriber. It keeps nothing: what comes while nobody is subscribed is gone, as Redis has it.</summary>
internal sealed class RedisChannelQueue : ITestQueue
{
    private readonly ServerProcess _server = new("redis-server", server =>
        ["--port", server.Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", server.Directory, "--save", "", "--appendonly", "no"]);

    private readonly ConcurrentQueue<Received> _received = [];
    private ConnectionMultiplexer? _subscriber;

    public string Name => "redis";

    public string Topic => "telemetry";

    public bool HasHeaders => false;

    public bool Keeps => false;

    public (string Key, string Value)[] Settings =>
        [("mqm:redis:enable", "true"), ("mqm:redis:addrs:0", $"127.0.0.1:{_server.Port}"), ("mqm:redis:producer:channels:0", Topic)];

    public async Task StartAsync()
    {
        await _server.StartAsync(async () =>
        {
            await using var connection = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{_server.Port}");
            await connection.GetDatabase().PingAsync();
        });
        _subscriber = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{_server.Port}");
        var channel = await _subscriber.GetSubscriber().SubscribeAsync(RedisChannel.Literal(Topic));
        channel.OnMessage(message => _received.Enqueue(new Received((byte[])message.Message!, new Dictionary<string, byte[]>())));
    }

    public async Task KillAsync()
    {
        if (_subscriber is { } subscriber)
        {
            _subscriber = null;
            await subscriber.DisposeAsync();
        }

        await _server.KillAsync();
    }

    public Task<IReadOnlyList<Received>> ReadAllAsync() => Task.FromResult<IReadOnlyList<Received>>([.. _received]);

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await _server.DisposeAsync();
    }
}
