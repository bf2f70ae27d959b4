using System.Diagnostics;
using Frontier.Queues;
using StackExchange.Redis;

namespace Frontier.Silo;

/// <summary>
/// The process's connection to the Redis server of the cluster. Opened before Orleans starts, with patience: processes and their Redis are often
/// started together, in any order. A server that answers and takes no writes, because it loads its data, is full or is a replica, is waited for as well.
/// </summary>
/// <param name="options">How to connect.</param>
/// <param name="probe">A key to write to, once, to see whether the server takes writes.</param>
/// <param name="patience">How long a start waits.</param>
/// <param name="logger">Where the waiting is told.</param>
internal sealed partial class ClusterRedis(ConfigurationOptions options, RedisKey probe, TimeSpan patience, ILogger<ClusterRedis> logger)
    : IHostedService, IAsyncDisposable
{
    // Often enough that nobody waits for us, seldom enough to be read.
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(5);

    // What a server says to those whom it will not let in later either.
    private static readonly string[] Refusals = ["NOAUTH", "WRONGPASS", "NOPERM"];

    // Longer than a start takes to look; the key goes away by itself.
    private static readonly TimeSpan ProbeLifetime = TimeSpan.FromSeconds(10);

    private ConnectionMultiplexer? _connection;
    private RedisFailover? _failover;

    /// <summary>The connection; it reconnects by itself.</summary>
    /// <exception cref="InvalidOperationException">The process has not connected yet.</exception>
    public IConnectionMultiplexer Connection => _connection ?? throw new InvalidOperationException("Redis has not been connected to yet.");

    /// <inheritdoc/>
    /// <exception cref="ClusterException">The server cannot be reached, or does not let us in.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var address = RedisServer.AddressesOf(options);
        var waited = Stopwatch.StartNew();
        TimeSpan? logged = null;
        RedisFailover.Prepare(options);
        while (_connection is null)
        {
            try
            {
                _connection = await ConnectAsync().WaitAsync(cancellationToken);
            }
            catch (Exception error) when (IsRefusal(error))
            {
                throw new ClusterException($"cluster.redis: Redis at {address} does not let this process in: {RefusalOf(error)}", error);
            }
            catch (Exception error) when (error is RedisException or TimeoutException)
            {
                if (waited.Elapsed >= patience)
                {
                    throw new ClusterException(
                        error is RedisException and not RedisConnectionException
                            ? $"cluster.redis: Redis at {address} took no writes within {Seconds(patience)} s (cluster.join_timeout): {error.Message}"
                            : $"cluster.redis: Redis at {address} could not be reached within {Seconds(patience)} s (cluster.join_timeout)",
                        error);
                }

                if (logged is null || waited.Elapsed - logged >= LogInterval)
                {
                    logged = waited.Elapsed;
                    Log.Waiting(logger, address, ReasonOf(error), Seconds(waited.Elapsed), Seconds(patience));
                }

                await Task.Delay(RetryDelay, cancellationToken);
            }
        }

        if (logged is not null)
        {
            Log.Reached(logger, address, Seconds(waited.Elapsed));
        }

        _connection.ConnectionFailed += (_, failure) => OnChange(failure, () => Log.Lost(logger, address));
        _connection.ConnectionRestored += (_, failure) => OnChange(failure, () => Log.Restored(logger, address));
        _failover = RedisFailover.Follow(_connection, options, takesWrites =>
        {
            if (takesWrites)
            {
                Log.TakesWrites(logger, address);
            }
            else
            {
                Log.TakesNoWrites(logger, address);
            }
        });
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_failover is not null)
        {
            await _failover.DisposeAsync();
        }

        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }
    }

    // Each attempt with a connection of its own: the name may mean another server by then.
    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(options);
        try
        {
            if (RedisFailover.HasOnlyReplicas(connection))
            {
                throw new RedisException("it is a replica");
            }

            await connection.GetDatabase().StringSetAsync(probe, 1, ProbeLifetime);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static bool IsRefusal(Exception error) => error is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure }
        || (error is RedisServerException && Refusals.Any(refusal => error.Message.StartsWith(refusal, StringComparison.Ordinal)));

    private static string RefusalOf(Exception error) => error is RedisServerException ? error.Message : "the user or the password is wrong";

    // The library's own messages are for those who look for a fault in it; the server's are for people.
    private static string ReasonOf(Exception error) => error switch
    {
        RedisException and not RedisConnectionException => $"it takes no writes: {error.Message}",
        _ => "it cannot be reached",
    };

    private static void OnChange(ConnectionFailedEventArgs change, Action log)
    {
        // There are two connections; one of them speaks for both.
        if (change.ConnectionType == ConnectionType.Interactive)
        {
            log();
        }
    }

    private static int Seconds(TimeSpan time) => (int)time.TotalSeconds;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Waiting for Redis at {Address}: {Reason}, for {Waited} s now; the start fails after {Patience} s")]
        public static partial void Waiting(ILogger logger, string address, string reason, int waited, int patience);

        [LoggerMessage(2, LogLevel.Information, "Redis at {Address} was reached after {Waited} s")]
        public static partial void Reached(ILogger logger, string address, int waited);

        [LoggerMessage(3, LogLevel.Warning, "The connection to Redis at {Address} was lost; running traffic goes on, no process can join meanwhile")]
        public static partial void Lost(ILogger logger, string address);

        [LoggerMessage(4, LogLevel.Information, "Redis at {Address} is connected again")]
        public static partial void Restored(ILogger logger, string address);

        [LoggerMessage(5, LogLevel.Warning, "Redis at {Address} takes no writes: it is a replica now. Looking once a second for the server that does; until it is found, no process can join or be removed")]
        public static partial void TakesNoWrites(ILogger logger, string address);

        [LoggerMessage(6, LogLevel.Information, "Redis at {Address} takes writes again")]
        public static partial void TakesWrites(ILogger logger, string address);
    }
}
