using Frontier.Gateway;
using Microsoft.Extensions.Options;

namespace Frontier.Silo;

/// <summary>What the process does as to Frontlas beside opening its ports: section <c>frontlas</c>.</summary>
public sealed class FrontlasOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "frontlas";

    /// <summary>
    /// <c>frontlas.enable</c>: whether this gateway reports its edges and services to a Frontlas of the original, as a frontier of the original does, so that
    /// frontiers can be replaced one by one under it. Only with the role <c>gateway</c>. Default false.
    /// </summary>
    [ConfigurationKeyName("enable")]
    public bool Enable { get; init; }

    /// <summary><c>frontlas.dial</c>: how that Frontlas is reached.</summary>
    [ConfigurationKeyName("dial")]
    public FrontlasDialOptions Dial { get; init; } = new();

    /// <summary><c>frontlas.metrics</c>: whether it is sent counts.</summary>
    [ConfigurationKeyName("metrics")]
    public FrontlasMetricsOptions Metrics { get; init; } = new();

    /// <summary>
    /// <c>frontlas.heartbeat</c>: how often each edge and each service is said to be alive still; Frontlas forgets them after 30 s without. From 1 s to 14 s, so
    /// that one may be lost. Default 10 s.
    /// </summary>
    [ConfigurationKeyName("heartbeat")]
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// <c>frontlas.redis_mirror</c>: whether the cluster is written to Redis under the keys of the original's Frontlas, for tools that read them.
    /// Default false: nothing here needs them.
    /// </summary>
    [ConfigurationKeyName("redis_mirror")]
    public bool RedisMirror { get; init; }

    /// <summary>
    /// <c>frontlas.redis</c>: the Redis server of the mirror, as <c>host:port[,password=…][,defaultDatabase=n]</c> (StackExchange.Redis' form).
    /// Default: the cluster's own, of <c>cluster.redis</c> or the section <c>redis</c>. Not a Redis cluster: the keys of a peer lie in different slots there, and
    /// could not be changed together.
    /// </summary>
    [ConfigurationKeyName("redis")]
    public string Redis { get; init; } = "";
}

/// <summary>Checks the section <c>frontlas</c>.</summary>
internal sealed class FrontlasOptionsValidator(IOptions<ClusteringOptions> cluster, IOptions<RedisOptions> redis) : SectionValidator<FrontlasOptions>
{
    /// <inheritdoc/>
    protected override void Check(FrontlasOptions options, ICollection<string> failures)
    {
        if (options.Enable)
        {
            options.Dial.Check($"{FrontlasOptions.Section}.dial", failures);
            if (options.Heartbeat < TimeSpan.FromSeconds(1) || options.Heartbeat > TimeSpan.FromSeconds(14))
            {
                failures.Add($"{FrontlasOptions.Section}.heartbeat: must be from 1s to 14s, since Frontlas forgets what it has not heard of for 30s");
            }

            if (options.Metrics.Enable)
            {
                NumberRules.AtLeast($"{FrontlasOptions.Section}.metrics.interval", options.Metrics.Interval, 1, failures);
            }
        }

        if (!options.RedisMirror)
        {
            return;
        }

        if (RedisServer.Problem(options.Redis) is { } problem)
        {
            failures.Add($"{FrontlasOptions.Section}.redis: {problem}");
        }
        else if (options.Redis.Length == 0 && !RedisServer.IsGiven(cluster.Value, redis.Value))
        {
            failures.Add($"{FrontlasOptions.Section}.redis: the mirror needs a Redis server, here, in cluster.redis or in the section redis");
        }
        else if (options.Redis.Length == 0 && cluster.Value.Redis.Length == 0 && redis.Value.Mode == RedisMode.Cluster)
        {
            failures.Add($"{FrontlasOptions.Section}.redis: the mirror cannot be in a Redis cluster (redis.mode), where a peer's keys could not be changed together: name another server");
        }
    }
}
