using Frontier.Grains.Sessions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;

namespace Frontier.Grains.Edges;

/// <summary>One edge's identity. Active as long as a session holds the id, however quiet, and no longer.</summary>
[Reentrant, KeepAlive, PreferLocalPlacement]
internal sealed class EdgeGrain(
    [FromKeyedServices(TimeProviderNames.Grains)] TimeProvider clock,
    EpochClock epochs,
    IGatewayPorts gateways,
    ILogger<EdgeGrain> logger,
    ILocalConnections? connections = null)
    : SessionGrain<IEdgeLink>(SessionKind.Edge, clock, epochs, connections, gateways, logger), IEdgeGrain
{
    /// <inheritdoc/>
    public async ValueTask<SessionClaim> ClaimAsync(EdgeRegistration registration, bool onlyIfOffline)
    {
        onlyIfOffline = onlyIfOffline && !IsMoving(registration.MoveToken);
        if (onlyIfOffline && IsHeld && FindLink() is { } link && !await link.ProbeAsync())
        {
            Free(link.Epoch); // An edge that lost its power, say, and is back before its old session has timed out.
        }

        return await ClaimAsync(registration.GatewayId, registration.Silo, onlyIfOffline);
    }

    /// <inheritdoc/>
    public ValueTask<SessionStanding> HoldAsync(EdgeRegistration registration, long epoch) =>
        HoldAsync(registration.GatewayId, registration.Silo, epoch);

    /// <inheritdoc/>
    public Task<EdgeDescription?> DescribeAsync() => Task.FromResult(FindLink()?.Describe());

    /// <inheritdoc/>
    protected override IEdgeLink? Find(ILocalConnections connections) => connections.FindEdge(Key);

    /// <inheritdoc/>
    protected override IEdgeLink? Find(ILocalConnections connections, long epoch) => connections.FindEdge(Key, epoch);

    /// <inheritdoc/>
    protected override async Task HoldAnewAsync(IEdgeLink link, SiloAddress silo)
    {
        var edge = link.Describe();
        await GrainFactory.GetEdge(Key).HoldUntilSettledAsync(
            new EdgeRegistration(edge.GatewayId, edge.Address, edge.Meta, edge.ConnectedAt) { Silo = silo }, link.Epoch);
    }

    // The gateway that asked the edge to move is in this process: the grain lives where the socket is.
    private bool IsMoving(ReadOnlyMemory<byte> token) => !token.IsEmpty && FindLink()?.IsMovingWith(token.Span) == true;
}
