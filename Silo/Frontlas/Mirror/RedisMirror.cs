using System.Globalization;
using System.Text.Json;
using Frontier.GrainInterfaces;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Frontier.Silo;

/// <summary>
/// Writes the cluster to Redis under the keys of the original's Frontlas. One process of the cluster does so at a time: the one that holds the lease, which
/// is a key of its own beside them.
/// </summary>
internal sealed partial class RedisMirror(
    FrontlasDirectory directory, IOptions<FrontlasOptions> options, IOptions<ClusteringOptions> cluster, IOptions<RedisOptions> clusterRedis, ILogger<RedisMirror> logger) : BackgroundService
{
    /// <summary>The documented lifetime of the keys; renewed three times within it.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    private const string LeaseKey = "frontlas:mirror";
    private const string FrontierPrefix = "frontlas:frontiers:";
    private const string AliveFrontierPrefix = "frontlas:alive:frontiers:";

    // Of sessions in one script: Redis serves nobody else while it runs, and this takes it about a millisecond.
    private const int SessionsPerScript = 500;

    private const int ScanCount = 5000;

    private static readonly TimeSpan Interval = Lifetime / 3;

    // A session's two keys appear together or not at all. KEYS: both keys of each; ARGV: the lifetime, then the JSON of each.
    private const string PutSessions =
        """
        for i = 1, #KEYS, 2 do
          redis.call('SET', KEYS[i], ARGV[1 + (i + 1) / 2], 'PX', ARGV[1])
          redis.call('SET', KEYS[i + 1], '1', 'PX', ARGV[1])
        end
        """;

    // A lease is renewed only by who holds it.
    private const string TakeLease =
        """
        local holder = redis.call('GET', KEYS[1])
        if holder and holder ~= ARGV[1] then return 0 end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        return 1
        """;

    private const string DropLease = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end";

    private readonly string _self = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture);
    private HashSet<string> _written = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var configuration = options.Value.Redis.Length > 0 ? ConfigurationOptions.Parse(options.Value.Redis) : RedisServer.Find(cluster.Value, clusterRedis.Value)!;
        configuration.AbortOnConnectFail = false;
        configuration.ClientName = "frontier-mirror";
        await using var redis = await ConnectionMultiplexer.ConnectAsync(configuration);
        var database = redis.GetDatabase();
        using var timer = new PeriodicTimer(Interval);
        try
        {
            do
            {
                await TryMirrorAsync(database, stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }

        await LeaveAsync(database);
    }

    /// <summary>Mirrors once, if no other process does.</summary>
    internal async Task TryMirrorAsync(IDatabase database, CancellationToken stoppingToken)
    {
        try
        {
            // Only a connection tells.
            if (database.Multiplexer.GetServers().Any(server => server is { IsConnected: true, ServerType: ServerType.Cluster }))
            {
                Log.IsCluster(logger);
                return;
            }

            if ((int)await database.ScriptEvaluateAsync(TakeLease, [LeaseKey], [_self, Milliseconds(Lifetime)]) == 1)
            {
                await MirrorAsync(database, stoppingToken);
            }
            else
            {
                _written.Clear(); // Another process's by now.
            }
        }
#pragma warning disable CA1031 // Nothing that goes wrong here is worth the process: the mirror is renewed the next time.
        catch (Exception error) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            Log.Failed(logger, Interval, error);
        }
    }

    /// <summary>Brings Redis to what the cluster is now.</summary>
    internal async Task MirrorAsync(IDatabase database, CancellationToken stoppingToken)
    {
        var written = new HashSet<string>(StringComparer.Ordinal);
        await WriteSessionsAsync(database, SessionKind.Edge, written, stoppingToken);
        await WriteSessionsAsync(database, SessionKind.Service, written, stoppingToken);
        await WriteFrontiersAsync(database, written, stoppingToken);

        // What is gone would expire in time; tools should not have to wait for it.
        foreach (var part in _written.Except(written).Chunk(SessionsPerScript))
        {
            await database.KeyDeleteAsync([.. part.Select(key => (RedisKey)key)]);
        }

        _written = written;
        await RemoveDeadFrontiersAsync(database, written);
    }

    private async Task WriteSessionsAsync(IDatabase database, SessionKind kind, HashSet<string> written, CancellationToken stoppingToken)
    {
        var noun = kind == SessionKind.Edge ? "edges" : "services";
        var cursor = 0u;
        do
        {
            var scan = await directory.ScanAsync(kind, cursor, ScanCount, stoppingToken);
            foreach (var part in scan.Entries.Chunk(SessionsPerScript))
            {
                var keys = new List<RedisKey>(2 * part.Length);
                var values = new List<RedisValue>(part.Length + 1) { Milliseconds(Lifetime) };
                foreach (var entry in part)
                {
                    var key = string.Create(CultureInfo.InvariantCulture, $"frontlas:{noun}:{entry.SessionId}");
                    var alive = string.Create(CultureInfo.InvariantCulture, $"frontlas:alive:{noun}:{entry.SessionId}");
                    keys.AddRange([key, alive]);
                    values.Add(ToJson(kind, entry));
                    written.Add(key);
                    written.Add(alive);
                }

                await database.ScriptEvaluateAsync(PutSessions, [.. keys], [.. values]);
            }

            cursor = scan.HasMore && scan.Entries is [.., var last] ? ScanHash.Of(last.SessionId) + 1 : 0;
        }
        while (cursor != 0);
    }

    private async Task WriteFrontiersAsync(IDatabase database, HashSet<string> written, CancellationToken stoppingToken)
    {
        var counts = await directory.CountByFrontierAsync(stoppingToken);
        foreach (var frontier in await directory.ListFrontiersAsync(stoppingToken))
        {
            var key = FrontierPrefix + frontier.FrontierId;
            var alive = AliveFrontierPrefix + frontier.FrontierId;
            var count = counts.GetValueOrDefault(frontier.FrontierId);
            var transaction = database.CreateTransaction();
            _ = transaction.HashSetAsync(key,
            [
                new HashEntry("advertised_sb_addr", frontier.ServiceboundAddress),
                new HashEntry("advertised_eb_addr", frontier.EdgeboundAddress),
                new HashEntry("edge_count", count.Edges),
                new HashEntry("service_count", count.Services),
            ]);
            _ = transaction.StringSetAsync(alive, 1, Lifetime);
            await transaction.ExecuteAsync();
            written.Add(key);
            written.Add(alive);
        }
    }

    // A frontier's hash has no lifetime of its own. It goes when the frontier is neither here nor, as one of a Frontlas of the original, alive.
    private static async Task RemoveDeadFrontiersAsync(IDatabase database, HashSet<string> written)
    {
        foreach (var server in database.Multiplexer.GetServers().Where(server => server is { IsConnected: true, IsReplica: false }))
        {
            await foreach (var key in server.KeysAsync(database.Database, $"{FrontierPrefix}*"))
            {
                var id = ((string)key!)[FrontierPrefix.Length..];
                if (!written.Contains(FrontierPrefix + id) && !await database.KeyExistsAsync(AliveFrontierPrefix + id))
                {
                    await database.KeyDeleteAsync(key);
                }
            }
        }
    }

    // The next process can begin at once.
    private async Task LeaveAsync(IDatabase database)
    {
        try
        {
            await database.ScriptEvaluateAsync(DropLease, [LeaseKey], [_self]).WaitAsync(TimeSpan.FromSeconds(2));
        }
        catch (Exception error) when (error is RedisException or TimeoutException)
        {
            Log.NotLeft(logger, Lifetime, error);
        }
    }

    private static string ToJson(SessionKind kind, SessionEntry entry) => kind == SessionKind.Edge
        ? JsonSerializer.Serialize(new MirroredEdge(entry.GatewayId, entry.Address, entry.ConnectedAt), MirrorJson.Default.MirroredEdge)
        : JsonSerializer.Serialize(new MirroredService(entry.Name, entry.GatewayId, entry.Address, entry.ConnectedAt), MirrorJson.Default.MirroredService);

    private static long Milliseconds(TimeSpan time) => (long)time.TotalMilliseconds;

    private static partial class Log
    {
        [LoggerMessage(2, LogLevel.Error, "Nothing is mirrored: frontlas.redis is a Redis cluster, where a peer's keys could not be changed together; name another server")]
        public static partial void IsCluster(ILogger logger);

        [LoggerMessage(1, LogLevel.Warning, "Failed to renew the mirror in Redis; trying again in {Delay}")]
        public static partial void Failed(ILogger logger, TimeSpan delay, Exception error);

        [LoggerMessage(3, LogLevel.Warning, "Failed to give up the lease of the mirror in Redis; it expires within {Lifetime}")]
        public static partial void NotLeft(ILogger logger, TimeSpan lifetime, Exception error);
    }
}
