using System.Globalization;
using StackExchange.Redis;

namespace Frontier.Silo;

/// <summary>
/// Looks once, when the process starts, whether the Redis server is fit to keep messages, and warns when it is not: when it forgets what it has at a restart, throws
/// out what is wanted, or has less memory than the configuration allows to be kept. What a server does not tell is not complained about.
/// </summary>
/// <param name="connect">The connection.</param>
/// <param name="isOwn">Whether the server is one for kept messages only.</param>
/// <param name="maxBytes">What may be kept.</param>
/// <param name="logger">Where it warns.</param>
internal sealed partial class RetentionCheck(Func<IConnectionMultiplexer> connect, bool isOwn, long maxBytes, ILogger<RetentionCheck> logger) : BackgroundService
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(5);

    /// <summary>What is wrong with a server.</summary>
    /// <param name="memory">What it says to <c>INFO memory</c>.</param>
    /// <param name="persistence">What it says to <c>INFO persistence</c>.</param>
    /// <param name="save">Its setting <c>save</c>; null when it does not tell.</param>
    /// <param name="isOwn">Whether the server is one for kept messages only.</param>
    /// <param name="maxBytes">What may be kept.</param>
    internal static IReadOnlyList<string> ProblemsOf(
        IReadOnlyDictionary<string, string> memory, IReadOnlyDictionary<string, string> persistence, string? save, bool isOwn, long maxBytes)
    {
        var problems = new List<string>();
        var limit = long.Parse(memory.GetValueOrDefault("maxmemory", "0"), CultureInfo.InvariantCulture);
        if (limit > 0 && memory.GetValueOrDefault("maxmemory_policy", "noeviction") is var policy && policy != "noeviction")
        {
            problems.Add($"maxmemory-policy is {policy}: when its memory is used up it drops messages that are kept; set it to noeviction");
        }

        if (limit > 0 && limit < maxBytes)
        {
            problems.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"maxmemory is {limit} bytes, and {maxBytes} may be kept (topics.retain_bytes, edges.retain_bytes): it can get full{(isOwn ? "" : ", and then no process can join the cluster either; give kept messages a server of their own (cluster.retention_redis)")}"));
        }

        if (persistence.GetValueOrDefault("aof_enabled") == "0" && save is { Length: 0 })
        {
            problems.Add("it writes nothing to disk (appendonly and save are off): messages that are kept are lost when it restarts");
        }

        return problems;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                foreach (var server in connect().GetServers().Where(server => server is { IsConnected: true, IsReplica: false, ServerType: not ServerType.Sentinel }))
                {
                    foreach (var problem in ProblemsOf(await InfoAsync(server, "memory"), await InfoAsync(server, "persistence"), await SaveAsync(server), isOwn, maxBytes))
                    {
                        Log.Unfit(logger, server.EndPoint, problem);
                    }
                }

                return;
            }
            catch (Exception error) when (error is RedisConnectionException or TimeoutException or ObjectDisposedException or InvalidOperationException)
            {
                // Not there yet; what keeps messages says so when it is asked.
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // A warning that cannot be given must not end the process.
                Log.NotChecked(logger, error);
                return;
            }

            await Task.Delay(RetryInterval, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Asked as plain commands: the client's own methods for them ask for a connection that may do everything.
    private static async Task<Dictionary<string, string>> InfoAsync(IServer server, string section) =>
        ((string?)await server.ExecuteAsync("INFO", section) ?? "")
            .Split('\n', StringSplitOptions.TrimEntries)
            .Select(line => line.Split(':', 2))
            .Where(pair => pair.Length == 2)
            .DistinctBy(pair => pair[0])
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    // Many who run Redis for others forbid CONFIG.
    private static async Task<string?> SaveAsync(IServer server)
    {
        try
        {
            return (string?[]?)await server.ExecuteAsync("CONFIG", "GET", "save") is [_, var save, ..] ? save : null;
        }
        catch (RedisServerException)
        {
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Redis at {Server}, which keeps messages for later: {Problem}")]
        public static partial void Unfit(ILogger logger, System.Net.EndPoint server, string problem);

        [LoggerMessage(2, LogLevel.Information, "Failed to check whether Redis is fit to keep messages; it does not tell its settings")]
        public static partial void NotChecked(ILogger logger, Exception error);
    }
}
