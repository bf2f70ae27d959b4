using System.Diagnostics;
using StackExchange.Redis;

namespace Frontier.Silo;

/// <summary>
/// The process's connection to the Redis server of the cluster. Opened before Orleans starts, with patience: processes and their Redis are often
/// started together, in any order.
/// </summary>
/// <param name="options">How to connect.</param>
/// <param name="patience">How long a start waits.</param>
/// <param name="logger">Where the waiting is told.</param>
internal sealed partial class ClusterRedis(ConfigurationOptions options, TimeSpan patience, ILogger<ClusterRedis> logger) : IHostedService, IAsyncDisposable
{
    // Often enough that nobody waits for us, seldom enough to be read.
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(5);

    private ConnectionMultiplexer? _connection;

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
        while (_connection is null)
        {
            try
            {
                _connection = await ConnectionMultiplexer.ConnectAsync(options).WaitAsync(cancellationToken);
            }
            catch (RedisConnectionException error) when (error.FailureType == ConnectionFailureType.AuthenticationFailure)
            {
                throw new ClusterException($"cluster.redis: Redis at {address} does not let this process in: the user or the password is wrong", error);
            }
            catch (Exception error) when (error is RedisException or TimeoutException)
            {
                if (waited.Elapsed >= patience)
                {
                    throw new ClusterException(
                        $"cluster.redis: Redis at {address} could not be reached within {Seconds(patience)} s (cluster.join_timeout)", error);
                }

                if (logged is null || waited.Elapsed - logged >= LogInterval)
                {
                    logged = waited.Elapsed;
                    Log.Waiting(logger, address, Seconds(waited.Elapsed), Seconds(patience));
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
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }
    }

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
        [LoggerMessage(1, LogLevel.Warning, "Waiting for Redis at {Address}: it cannot be reached, for {Waited} s now; the start fails after {Patience} s")]
        public static partial void Waiting(ILogger logger, string address, int waited, int patience);

        [LoggerMessage(2, LogLevel.Information, "Redis at {Address} was reached after {Waited} s")]
        public static partial void Reached(ILogger logger, string address, int waited);

        [LoggerMessage(3, LogLevel.Warning, "The connection to Redis at {Address} was lost; running traffic goes on, no process can join meanwhile")]
        public static partial void Lost(ILogger logger, string address);

        [LoggerMessage(4, LogLevel.Information, "Redis at {Address} is connected again")]
        public static partial void Restored(ILogger logger, string address);
    }
}
