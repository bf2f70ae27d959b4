using Frontier.GrainInterfaces;
using Frontier.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Frontier.Gateway;

/// <summary>Puts the gateway into a host.</summary>
public static class GatewayServiceCollectionExtensions
{
    /// <summary>
    /// Adds the gateway role: sessions of edges and services, the exchange between them, and the process's sockets for its grains. To be called after
    /// Orleans was added, so that at shutdown the grains outlive the sessions. The listeners are added with <see cref="FrontierListeners.ListenFrontier"/>.
    /// </summary>
    public static IServiceCollection AddFrontierGateway(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddSingleton<TimerWheel>();
        services.AddSingleton<EdgeTable>();
        services.AddSingleton<BackgroundWork>();
        services.TryAddSingleton(provider => new EpochClock(provider.GetKeyedService<TimeProvider>(TimeProviderNames.Grains) ?? TimeProvider.System));
        services.AddSingleton<CatalogReplica>();
        services.AddSingleton<SessionKeeper>();
        services.AddSingleton<PresenceHooks>();
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton<LiveSessions>();
        services.AddSingleton<AwakeGuard>();
        services.AddSingleton<GatewayCore>();
        services.AddSingleton<EdgeConnectionHandler>();
        services.AddSingleton<ServiceConnectionHandler>();
        services.AddSingleton<ILocalConnections, GatewayConnections>();
        services.AddSingleton<ILocalTrunks>(provider => provider.GetRequiredService<GatewayCore>().Trunks);
        services.AddSingleton<IGatewayListing, GatewayListing>();
        services.AddSingleton(provider =>
        {
            var limits = provider.GetRequiredService<IOptions<LimitOptions>>().Value;
            return new ConnectionAdmission(limits.MaxConnections, limits.MaxConnectionsPerSource);
        });
        services.AddSingleton(provider => new GatewayIdentity(
            provider.GetRequiredService<IOptions<DaemonOptions>>().Value.FrontierId!,
            provider.GetService<ILocalSiloDetails>()?.SiloAddress));
        services.AddHostedService(provider => provider.GetRequiredService<CatalogReplica>());
        services.AddSingleton<GatewayAnnouncement>();
        services.AddHostedService(provider => provider.GetRequiredService<GatewayAnnouncement>());
        services.AddHostedService<GatewayLifetime>();
        return services;
    }
}
