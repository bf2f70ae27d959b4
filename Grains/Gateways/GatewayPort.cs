using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Frontier.Grains.Gateways;

/// <summary>The gateway of this process, as others reach it. Nothing it does waits, so no request holds up another.</summary>
[Reentrant]
internal sealed class GatewayPort(GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggers, ILocalConnections connections, ILocalTrunks trunks)
    : GrainService(id, silo, loggers), IGatewayPort
{
    /// <inheritdoc/>
    public Task CloseSessionAsync(SessionKind kind, ulong id, long epoch, SessionCloseReason reason)
    {
        ISessionLink? session = kind == SessionKind.Edge ? connections.FindEdge(id, epoch) : connections.FindService(id, epoch);
        session?.Close(reason);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<SessionLocation?> FindEdgeAsync(ulong edgeId) =>
        ValueTask.FromResult(connections.FindEdge(edgeId) is { IsLeaving: false } link ? new SessionLocation(connections.GatewayId, Silo, link.Epoch) : null);

    /// <inheritdoc/>
    public ValueTask<bool> DeliverAsync(TrunkSegment segment) => trunks.DeliverAsync(segment);
}
