using System.Net;
using Frontier.GrainInterfaces;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Frontier.Gateway;

/// <summary>
/// Puts this gateway in the catalog: with its addresses, as soon as the listeners have their ports, and as one that leaves.
/// </summary>
internal sealed class GatewayAnnouncement(
    CatalogReplica catalog,
    GatewayIdentity identity,
    FrontierEndpoints endpoints,
    IOptions<ServiceboundOptions> servicebound,
    IOptions<EdgeboundOptions> edgebound,
    IConfiguration configuration,
    IHostApplicationLifetime lifetime) : IHostedService
{
    private readonly DateTimeOffset _startedAt = DateTimeOffset.UtcNow;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(() => _ = AnnounceAsync(isDraining: false));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Says that this gateway is leaving.</summary>
    /// <returns>Completes when the others know, as far as they can be reached.</returns>
    public Task LeaveAsync() => AnnounceAsync(isDraining: true);

    /// <summary>The gateway as others are to see it; null before its listeners have their ports.</summary>
    public GatewayRecord? Describe()
    {
        var host = AdvertisedAddress.OfThisHost(configuration[AdvertisedAddress.PodIpVariable]);
        var services = AddressOf(FrontierEndpoints.Servicebound, servicebound.Value.Listen, host);
        var edges = AddressOf(FrontierEndpoints.Edgebound, edgebound.Value.Listen, host);
        return services is null || edges is null ? null : new GatewayRecord(identity.GatewayId, identity.Silo, services, edges, _startedAt);
    }

    // A start that was broken off has nothing to tell of.
    private Task AnnounceAsync(bool isDraining) =>
        Describe() is { } self ? catalog.AnnounceAsync(self with { IsDraining = isDraining }) : Task.CompletedTask;

    private string? AddressOf(string name, ListenOptions listen, IPAddress host) =>
        endpoints.Find(name)?.Addresses is [{ Port: not 0 } bound, ..] ? AdvertisedAddress.Of(listen, bound, host) : null;
}
