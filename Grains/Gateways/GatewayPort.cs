using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Frontier.Grains.Gateways;

/// <summary>The gateway of this process, as others reach it. Nothing it does waits, so no request holds up another; what takes long runs beside it.</summary>
[Reentrant]
internal sealed class GatewayPort(
    GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggers, ILocalConnections connections, ILocalTrunks trunks, IGatewayListing listing)
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
    public ValueTask<ReadOnlyMemory<byte>> GetHeldEdgesAsync() => ValueTask.FromResult(connections.HeldEdges);

    /// <inheritdoc/>
    public ValueTask<bool> DeliverAsync(TrunkSegment segment) => trunks.DeliverAsync(segment);

    /// <inheritdoc/>
    public Task<SessionRanking> RankAsync(SessionQuery query, int limit) => Task.Run(() => listing.Rank(query, limit));

    /// <inheritdoc/>
    public Task<IReadOnlyList<EdgeDescription>> DescribeEdgesAsync(ulong[] ids) => Task.Run(() => listing.DescribeEdges(ids));

    /// <inheritdoc/>
    public Task<IReadOnlyList<ServiceDescription>> DescribeServicesAsync(ulong[] ids) => Task.Run(() => listing.DescribeServices(ids));

    /// <inheritdoc/>
    public Task<IReadOnlyList<ListedName>> ListNamesAsync(SessionQuery query, ListedNames names) => Task.Run(() => listing.ListNames(query, names));

    /// <inheritdoc/>
    public Task<SessionScan> ScanAsync(SessionKind kind, uint cursor, int count) => Task.Run(() => listing.Scan(kind, cursor, count));

    /// <inheritdoc/>
    public Task<SessionCounts> CountAsync() => Task.FromResult(listing.Count());
}
