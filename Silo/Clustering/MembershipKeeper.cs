using System.Globalization;
using Microsoft.Extensions.Options;
using Orleans.Clustering.Redis;
using StackExchange.Redis;
using OrleansClusterOptions = Orleans.Configuration.ClusterOptions;

namespace Frontier.Silo;

/// <summary>
/// Writes the membership table again when Redis has lost it, as one without persistence does at every restart. Without the table nobody can join, or
/// worse, the first that joins begins a second cluster. Every process keeps the table as it last read it, and puts back its own row and those of the
/// processes that answer it: one that died meanwhile is not brought back. Whoever was not heard puts its row in by itself.
/// </summary>
internal sealed partial class MembershipKeeper(
    ClusterRedis redis,
    IOptions<RedisClusteringOptions> clustering,
    IOptions<OrleansClusterOptions> cluster,
    IClusterMembershipService membership,
    SiloPulses pulses,
    ILocalSiloDetails self,
    ILogger<MembershipKeeper> logger) : BackgroundService
{
    // The field of the table that holds its version; the other fields are the processes, by their address.
    private const string VersionField = "Version";

    // The time in which a table that is lost is found. A process that joins within it is put in beside the others.
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    // As long as a probe of the membership. One that cannot answer in this time comes back by itself when it can.
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(2);

    // Rows that are there are newer than ours. Arguments: the version that was seen, then names and contents of rows.
    private const string RestoreScript = """
        local version = tonumber(redis.call('HGET', KEYS[1], 'Version') or -1)
        local added = 0
        for i = 2, #ARGV, 2 do
            added = added + redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1])
        end
        if added > 0 or version < tonumber(ARGV[1]) then
            redis.call('HSET', KEYS[1], 'Version', string.format('%.0f', math.max(version, tonumber(ARGV[1])) + 1))
        end
        return added
        """;

    private HashEntry[] _last = [];
    private long _lastVersion = -1;

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the process counts as started: one that had not read its own row yet when Redis lost it could never put it back.
        await LookAsync();
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await LookAsync();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private async Task LookAsync()
    {
        var key = clustering.Value.CreateRedisKey(cluster.Value);
        var mine = self.SiloAddress.ToString();
        try
        {
            var database = redis.Connection.GetDatabase();
            var version = VersionOf(await database.HashGetAsync(key, VersionField));
            if (version == _lastVersion)
            {
                return;
            }

            if (version > _lastVersion)
            {
                var table = await database.HashGetAllAsync(key);
                if (table.Any(field => field.Name == mine))
                {
                    (_last, _lastVersion) = ([.. table.Where(field => field.Name != VersionField)], VersionOf(table));
                    return;
                }
            }

            // Lost, and perhaps written again by one that did not hear this process. One that is not in the cluster, not yet or not any more, has nothing to put back.
            if (_lastVersion >= 0 && membership.CurrentSnapshot.GetSiloStatus(self.SiloAddress) == SiloStatus.Active)
            {
                await RestoreAsync(database, key, mine);
            }
        }
        catch (Exception error) when (error is RedisException or TimeoutException)
        {
            // Redis is away, which the connection has logged; there is nothing to look at until it is back.
        }
    }

    private async Task RestoreAsync(IDatabase database, RedisKey key, string mine)
    {
        var answering = await Task.WhenAll(_last.Select(async row => row.Name == mine || await AnswersAsync(row.Name!)));
        var rows = _last.Where((_, index) => answering[index]).ToArray();
        RedisValue[] arguments = [_lastVersion.ToString(CultureInfo.InvariantCulture), .. rows.SelectMany(row => new[] { row.Name, row.Value })];
        if ((long)await database.ScriptEvaluateAsync(RestoreScript, [key], arguments) > 0)
        {
            Log.Restored(logger, rows.Length, _last.Length - rows.Length);
        }
    }

    private async Task<bool> AnswersAsync(string name)
    {
        var silo = membership.CurrentSnapshot.Members.Values
            .FirstOrDefault(member => member.Status is SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping && member.SiloAddress.ToString() == name);
        if (silo is null)
        {
            return false;
        }

        try
        {
            await pulses.Get(silo.SiloAddress).BeatAsync().WaitAsync(AnswerTime);
            return true;
        }
#pragma warning disable CA1031 // Why it does not answer makes no difference.
        catch
#pragma warning restore CA1031
        {
            return false;
        }
    }

    private static long VersionOf(HashEntry[] table) => VersionOf(table.FirstOrDefault(field => field.Name == VersionField).Value);

    private static long VersionOf(RedisValue value) =>
        long.TryParse(value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : -1;

    private static partial class Log
    {
        [LoggerMessage(
            1,
            LogLevel.Warning,
            "Redis had lost the list of the cluster's processes; it was written again with the {Count} that answer, without {Missing} that do not or had left")]
        public static partial void Restored(ILogger logger, int count, int missing);
    }
}
