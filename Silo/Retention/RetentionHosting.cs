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
        if (topics.Retain.Count == 0)
        {
            return;
        }

        var clustering = settings.Get<ClusteringOptions>();
        if (RedisServer.IsGiven(clustering, settings.Get<RedisOptions>()))
        {
            services.AddSingleton<IMessageStore>(provider =>
            {
                var redis = provider.GetRequiredService<ClusterRedis>();
                return new RedisMessageStore(() => redis.Connection, $"frontier:{clustering.ClusterId}");
            });
        }
        else
        {
            services.AddMemoryMessageStore(topics.RetainMemory);
        }

        services.AddHostedService<RetentionKeeper>();
    }
}
