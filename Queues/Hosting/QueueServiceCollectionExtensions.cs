using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Frontier.Queues;

/// <summary>Registers the external queues.</summary>
public static class QueueServiceCollectionExtensions
{
    /// <summary>Adds <see cref="IQueues"/> for the <see cref="MqmOptions"/> that are registered. It connects when the host starts.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="processName">What connections are named after.</param>
    /// <param name="produceTimeout">The longest that anybody waits for a confirmation.</param>
    public static IServiceCollection AddFrontierQueues(this IServiceCollection services, string processName, TimeSpan produceTimeout)
    {
        services.AddSingleton<QueueMetrics>();
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<IOptions<MqmOptions>>().Value;
            return new QueueSet(
                options,
                new QueueLimits(options.MaxInFlight, options.MaxInFlightBytes, produceTimeout, processName),
                provider.GetRequiredService<QueueMetrics>(),
                provider.GetRequiredService<ILoggerFactory>());
        });
        services.AddSingleton<IQueues>(provider => provider.GetRequiredService<QueueSet>());
        return services.AddHostedService(provider => provider.GetRequiredService<QueueSet>());
    }
}
