using System.Diagnostics;
using Frontier.Client.Grains;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using StackExchange.Redis;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the grain client.</summary>
public static class FrontierGrainClientExtensions
{
    // As often as the silos themselves look for one another when they start.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Registers <see cref="IFrontier"/> and the Orleans client under it, which connects when the host starts. For trusted programs inside the network: it may do
    /// whatever a gateway may. In a process that is a silo of the cluster itself, only the façade is added.
    /// </summary>
    /// <param name="services">Where.</param>
    /// <param name="configure">Says where the cluster is.</param>
    /// <exception cref="ArgumentException">An option is wrong.</exception>
    public static IServiceCollection AddFrontierClient(this IServiceCollection services, Action<FrontierGrainClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new FrontierGrainClientOptions();
        configure(options);
        options.Validate();
        services.TryAddSingleton<IFrontier>(provider => new GrainFrontier(provider.GetRequiredService<IGrainFactory>()));
        if (services.Any(service => service.ServiceType == typeof(IGrainFactory)))
        {
            return services;
        }

        return services.AddOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, options.ServiceId));
            if (options.Redis is { } redis)
            {
                client.UseRedisClustering(clustering => clustering.ConfigurationOptions = ConfigurationOptions.Parse(redis));
            }
            else
            {
                client.UseStaticClustering([.. options.Gateways]);
            }

            var trying = Stopwatch.StartNew();
            client.UseConnectionRetryFilter(async (_, cancellationToken) =>
            {
                if (trying.Elapsed >= options.ConnectTimeout)
                {
                    return false;
                }

                await Task.Delay(RetryInterval, cancellationToken).ConfigureAwait(false);
                return true;
            });
        });
    }
}
