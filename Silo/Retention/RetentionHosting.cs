using Frontier.Gateway;
using Frontier.GrainInterfaces;
using Frontier.Grains.Hosting;
using StackExchange.Redis;

namespace Frontier.Silo;

/// <summary>Adds what keeps messages for later.</summary>
internal static class RetentionHosting
{
    /// <summary>Keeps them in the cluster's Redis server, or in memory when the process is a cluster of its own.</summary>
    public static void AddFrontierRetention(this IServiceCollection services, FrontierSettings settings)
    {
        var topics = settings.Get<TopicOptions>();
        var edges = settings.Get<EdgeOptions>();
        var clustering = settings.Get<ClusteringOptions>();
        Func<IServiceProvider, string, StoreLimits, IMessageStore>? redis = null;
        if (RedisServer.IsGiven(clustering, settings.Get<RedisOptions>()) && (topics.Retain.Count > 0 || edges.Retain))
        {
            if (clustering.RetentionRedis.Length > 0)
            {
                services.AddSingleton(_ => new RetentionRedis(clustering.RetentionRedis));
            }

            services.AddHostedService(provider => new RetentionCheck(
                ConnectionOf(provider),
                clustering.RetentionRedis.Length > 0,
                (topics.Retain.Count > 0 ? topics.RetainBytes : 0L) + (edges.Retain ? edges.RetainBytes : 0L),
                provider.GetRequiredService<ILogger<RetentionCheck>>()));
            redis = (provider, name, limits) => new RedisMessageStore(ConnectionOf(provider), $"frontier:{clustering.ClusterId}{name}", limits);
        }

        if (topics.Retain.Count > 0)
        {
            if (redis is not null)
            {
                services.AddSingleton(provider => redis(provider, "", new StoreLimits(topics.RetainBytes, topics.RetainTopics)));
            }
            else
            {
                services.AddMemoryMessageStore(new StoreLimits(topics.RetainMemory, topics.RetainTopics));
            }

            services.AddHostedService<TopicKeeper>();
        }

        if (edges.Retain)
        {
            services.AddSingleton(provider => new EdgeMailKeeping(
                redis is not null
                    ? redis(provider, ":edges", new StoreLimits(edges.RetainBytes, edges.RetainEdges))
                    : FrontierGrainsSiloBuilderExtensions.CreateMemoryMessageStore(provider, new StoreLimits(edges.RetainMemory, edges.RetainEdges)),
                edges.MaxMessages,
                edges.MaxLifetime));
            services.AddHostedService<EdgeMailKeeper>();
        }
    }

    private static Func<IConnectionMultiplexer> ConnectionOf(IServiceProvider provider)
    {
        if (provider.GetService<RetentionRedis>() is { } own)
        {
            return () => own.Connection;
        }

        var cluster = provider.GetRequiredService<ClusterRedis>();
        return () => cluster.Connection;
    }
}
