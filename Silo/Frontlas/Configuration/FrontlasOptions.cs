using Frontier.Gateway;
using Microsoft.Extensions.Options;

namespace Frontier.Silo;

/// <summary>What the Frontlas part of the process does beside its ports: section <c>frontlas</c>.</summary>
public sealed class FrontlasOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "frontlas";

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
