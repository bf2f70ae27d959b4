using Frontier.Gateway;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

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
    /// Default: the cluster's own, <c>cluster.redis</c>.
    /// </summary>
    [ConfigurationKeyName("redis")]
    public string Redis { get; set; } = "";
}

/// <summary>Takes the cluster's Redis server for the mirror where none is named.</summary>
internal sealed class FrontlasOptionsDefaults(IConfiguration configuration) : IPostConfigureOptions<FrontlasOptions>
{
    /// <inheritdoc/>
    public void PostConfigure(string? name, FrontlasOptions options)
    {
        if (options.Redis.Length == 0)
        {
            options.Redis = configuration["cluster:redis"] ?? "";
        }
    }
}

/// <summary>Checks the section <c>frontlas</c>.</summary>
internal sealed class FrontlasOptionsValidator : SectionValidator<FrontlasOptions>
{
    /// <inheritdoc/>
    protected override void Check(FrontlasOptions options, ICollection<string> failures)
    {
        if (!options.RedisMirror)
        {
            return;
        }

        if (options.Redis.Length == 0)
        {
            failures.Add($"{FrontlasOptions.Section}.redis: the mirror needs a Redis server, here or in cluster.redis");
            return;
        }

        try
        {
            if (ConfigurationOptions.Parse(options.Redis).EndPoints.Count == 0)
            {
                failures.Add($"{FrontlasOptions.Section}.redis: it names no server");
            }
        }
        catch (ArgumentException)
        {
            // The text may hold a password: it is not repeated.
            failures.Add($"{FrontlasOptions.Section}.redis: not host:port[,option=value…]");
        }
    }
}
