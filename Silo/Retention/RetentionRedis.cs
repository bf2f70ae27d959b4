using Frontier.Queues;
using StackExchange.Redis;

namespace Frontier.Silo;

/// <summary>
/// The connection to a Redis server of its own for messages that are kept. No start waits for it: until it is there, and whenever it is not, such messages
/// fail and everything else goes on.
/// </summary>
/// <param name="connection">How to connect, in StackExchange.Redis' form.</param>
internal sealed class RetentionRedis(string connection) : IAsyncDisposable
{
    private readonly Lazy<(ConnectionMultiplexer Connection, RedisFailover Failover)> _connection = new(() =>
    {
        var options = ConfigurationOptions.Parse(connection);
        options.ClientName ??= "frontier-retention";
        options.AbortOnConnectFail = false;
        options.ReconnectRetryPolicy = new LinearRetry(1000);
        RedisFailover.Prepare(options);
        var made = ConnectionMultiplexer.Connect(options);
        // Whether messages can be kept is told where they are.
        return (made, RedisFailover.Follow(made, options, _ => { }));
    });

    /// <summary>The connection; it connects, and reconnects, by itself.</summary>
    public IConnectionMultiplexer Connection => _connection.Value.Connection;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_connection.IsValueCreated)
        {
            await _connection.Value.Failover.DisposeAsync();
            await _connection.Value.Connection.DisposeAsync();
        }
    }
}
