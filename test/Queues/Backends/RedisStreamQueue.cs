using System.Globalization;
using Frontier.Queues.Tests.Support;
using StackExchange.Redis;

namespace Frontier.Queues.Tests.Backends;

/// <summary>A Redis server that syncs every write to its disk; read with XRANGE.</summary>
internal sealed class RedisStreamQueue(string? password = null) : ITestQueue
{
    private readonly ServerProcess _server = new("redis-server", server =>
    [
        "--port", server.Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", server.Directory, "--save", "",
        "--appendonly", "yes", "--appendfsync", "always", .. password is null ? Array.Empty<string>() : ["--requirepass", password],
    ]);

    public string Name => "redis-stream";

    public string Topic => "telemetry";

    public bool HasHeaders => true;

    public bool Keeps => true;

    public int Port => _server.Port;

    public (string Key, string Value)[] Settings =>
    [
        ("mqm:redis:enable", "true"),
        ("mqm:redis:addrs:0", Address),
        ("mqm:redis:password", password ?? ""),
        ("mqm:redis:producer:streams:0", Topic),
    ];

    private string Address => $"127.0.0.1:{_server.Port}";

    public Task StartAsync() => _server.StartAsync(async () =>
    {
        await using var connection = await ConnectAsync();
        await connection.GetDatabase().PingAsync();
    });

    public Task KillAsync() => _server.KillAsync();

    public async Task<IReadOnlyList<Received>> ReadAllAsync()
    {
        await using var connection = await ConnectAsync();
        var entries = await connection.GetDatabase().StreamRangeAsync(Topic);
        return [.. entries.Select(entry => new Received(
            (byte[])entry["body"]!,
            entry.Values.Where(field => field.Name != "body").ToDictionary(field => (string)field.Name!, field => (byte[])field.Value!)))];
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private Task<ConnectionMultiplexer> ConnectAsync() =>
        ConnectionMultiplexer.ConnectAsync($"{Address}{(password is null ? "" : $",password={password}")}");
}
