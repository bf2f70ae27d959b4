using Frontier.Grains.Sessions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;

namespace Frontier.Grains.Services;

/// <summary>One service connection's identity. Active as long as a session holds the id, however quiet, and no longer.</summary>
[Reentrant, KeepAlive, PreferLocalPlacement]
internal sealed class ServiceGrain(
    [FromKeyedServices(TimeProviderNames.Grains)] TimeProvider clock,
    EpochClock epochs,
    IGatewayPorts gateways,
    ILogger<ServiceGrain> logger,
    ILocalConnections? connections = null)
    : SessionGrain<IServiceLink>(SessionKind.Service, clock, epochs, connections, gateways, logger), IServiceGrain
{
    /// <inheritdoc/>
    public ValueTask<SessionClaim> ClaimAsync(ServiceRegistration registration) =>
        ClaimAsync(registration.GatewayId, registration.Silo, onlyIfOffline: false);

    /// <inheritdoc/>
    public ValueTask<SessionStanding> HoldAsync(ServiceRegistration registration, long epoch) =>
        HoldAsync(registration.GatewayId, registration.Silo, epoch);

    /// <inheritdoc/>
    public Task<ServiceDescription?> DescribeAsync() => Task.FromResult(FindLink()?.Describe());

    /// <inheritdoc/>
    protected override IServiceLink? Find(ILocalConnections connections) => connections.FindService(Key);

    /// <inheritdoc/>
    protected override IServiceLink? Find(ILocalConnections connections, long epoch) => connections.FindService(Key, epoch);

    /// <inheritdoc/>
    protected override async Task HoldAnewAsync(IServiceLink link, SiloAddress silo)
    {
        var service = link.Describe();
        await GrainFactory.GetService(Key).HoldUntilSettledAsync(
            new ServiceRegistration(service.GatewayId, service.Address, service.Name, service.ConnectedAt) { Silo = silo }, link.Epoch);
    }
}
