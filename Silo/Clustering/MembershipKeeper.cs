using System.Globalization;
using Microsoft.Extensions.Options;
using Orleans.Clustering.Redis;
using StackExchange.Redis;
using OrleansClusterOptions = Orleans.Configuration.ClusterOptions;

namespace Frontier.Silo;

/// <summary>
/// Writes the membership table again when Redis has lost it, as one without persistence does at every restart. Without the table nobody can join, or
/// worse, the first that joins begins a second cluster. Every process keeps the table as it last read it and puts back what is missing; the version in it
/// decides when several do so at once.
/// </summary>
internal sealed partial class MembershipKeeper(
    ClusterRedis redis, IOptions<RedisClusteringOptions> clustering, IOptions<OrleansClusterOptions> cluster, ILocalSiloDetails self, ILogger<MembershipKeeper> logger)
    : BackgroundService
{
    // The field of the table that holds its version; the other fields are the processes, by their address.
    private const string VersionField = "Version";

    // The time in which a table that is lost is found. A process that joins within it is put in beside the others.
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    // Only a table that is missing, or counts from the beginning again, is mended. Rows that are there are newer than ours.
    private const string RestoreScript = """
        local version = redis.call('HGET', KEYS[1], 'Version')
        if version and tonumber(version) >= tonumber(ARGV[1]) then
            return 0
        end
        for i = 2, #ARGV, 2 do
            redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1])
        end
        redis.call('HSET', KEYS[1], 'Version', tostring(tonumber(ARGV[1]) + 1))
        return 1
        """;

    private HashEntry[] _last = [];
    private long _lastVersion = -1;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var key = clustering.Value.CreateRedisKey(cluster.Value);
        var mine = self.SiloAddress.ToString();
        using var timer = new PeriodicTimer(Period);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await LookAsync(key, mine);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private async Task LookAsync(RedisKey key, string mine)
    {
        try
        {
            var database = redis.Connection.GetDatabase();
            var version = VersionOf(await database.HashGetAsync(key, VersionField));
            if (version > _lastVersion)
            {
                var table = await database.HashGetAllAsync(key);
                // A table without this process is another one's, or this process's end; neither is to be kept.
                if (table.Any(field => field.Name == mine))
                {
                    (_last, _lastVersion) = ([.. table.Where(field => field.Name != VersionField)], VersionOf(table));
                }
            }
            else if (version < _lastVersion)
            {
                RedisValue[] arguments = [_lastVersion.ToString(CultureInfo.InvariantCulture), .. _last.SelectMany(field => new[] { field.Name, field.Value })];
                if ((long)await database.ScriptEvaluateAsync(RestoreScript, [key], arguments) == 1)
                {
                    Log.Restored(logger, _last.Length);
                }
            }
        }
        catch (Exception error) when (error is RedisException or TimeoutException)
        {
            // Redis is away, which the connection has logged; there is nothing to look at until it is back.
        }
    }

    private static long VersionOf(HashEntry[] table) => VersionOf(table.FirstOrDefault(field => field.Name == VersionField).Value);

    private static long VersionOf(RedisValue value) =>
        long.TryParse(value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : -1;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Redis had lost the list of the cluster's processes; it was written again with {Count} entries")]
        public static partial void Restored(ILogger logger, int count);
    }
}
