using Frontier.Gateway;
using Frontier.GrainInterfaces;
using Frontier.Grains.Hosting;

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
        Func<IServiceProvider, string, IMessageStore>? redis = null;
        if (RedisServer.IsGiven(clustering, settings.Get<RedisOptions>()))
        {
            redis = (provider, name) =>
            {
                var server = provider.GetRequiredService<ClusterRedis>();
                return new RedisMessageStore(() => server.Connection, $"frontier:{clustering.ClusterId}{name}");
            };
        }

        if (topics.Retain.Count > 0)
        {
            if (redis is not null)
            {
                services.AddSingleton(provider => redis(provider, ""));
            }
            else
            {
                services.AddMemoryMessageStore(topics.RetainMemory);
            }

            services.AddHostedService<TopicKeeper>();
        }

        if (edges.Retain)
        {
            services.AddSingleton(provider => new EdgeMailKeeping(
                redis is not null ? redis(provider, ":edges") : FrontierGrainsSiloBuilderExtensions.CreateMemoryMessageStore(provider, edges.RetainMemory),
                edges.MaxMessages,
                edges.MaxLifetime));
            services.AddHostedService<EdgeMailKeeper>();
        }
    }
}
