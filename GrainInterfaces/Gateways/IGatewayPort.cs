using Orleans.Services;

namespace Frontier.GrainInterfaces;

/// <summary>
/// What other processes of the cluster may ask one gateway process as a whole, whichever edges and services it holds. There is one in each process
/// with the gateway role, found by the silo's address (<see cref="IGatewayPorts"/>) without the grain directory.
/// </summary>
[Alias("frontier.IGatewayPort")]
public interface IGatewayPort : IGrainService
{
    /// <summary>Starts closing one session, by id and epoch; nothing happens when it is gone already.</summary>
    [Alias("closeSession")]
    Task CloseSessionAsync(SessionKind kind, ulong id, long epoch, SessionCloseReason reason);

    /// <summary>
    /// The edges that were here when this gateway began to leave, as a filter that gateways read; empty before that. Calls for them wait a moment where the edge
    /// is not found, because it is on its way to another gateway.
    /// </summary>
    [Alias("heldEdges")]
    ValueTask<ReadOnlyMemory<byte>> GetHeldEdgesAsync();

    /// <summary>
    /// Takes a piece of a trunk's bytes. The answer comes when there is room for the next one, which is how a gateway that falls behind slows the other down.
    /// </summary>
    /// <returns>False when the trunk is not known here (any more): the sender closes its end.</returns>
    [Alias("deliver")]
    ValueTask<bool> DeliverAsync(TrunkSegment segment);

    /// <inheritdoc cref="IGatewayListing.Rank"/>
    [Alias("rank")]
    Task<SessionRanking> RankAsync(SessionQuery query, int limit);

    /// <inheritdoc cref="IGatewayListing.DescribeEdges"/>
    [Alias("describeEdges")]
    Task<IReadOnlyList<EdgeDescription>> DescribeEdgesAsync(ulong[] ids);

    /// <inheritdoc cref="IGatewayListing.DescribeServices"/>
    [Alias("describeServices")]
    Task<IReadOnlyList<ServiceDescription>> DescribeServicesAsync(ulong[] ids);

    /// <inheritdoc cref="IGatewayListing.ListNames"/>
    [Alias("listNames")]
    Task<IReadOnlyList<ListedName>> ListNamesAsync(SessionQuery query, ListedNames names);

    /// <inheritdoc cref="IGatewayListing.Scan"/>
    [Alias("scan")]
    Task<SessionScan> ScanAsync(SessionKind kind, uint cursor, int count);

    /// <inheritdoc cref="IGatewayListing.Count"/>
    [Alias("count")]
    Task<SessionCounts> CountAsync();
}

/// <summary>Finds gateways' ports.</summary>
public interface IGatewayPorts
{
    /// <summary>The port of the gateway in a silo's process. Calls fail with an Orleans exception when the silo is gone or has no gateway.</summary>
    IGatewayPort Get(SiloAddress silo);
}

/// <summary>What a session is for.</summary>
public enum SessionKind
{
    /// <summary>An edge's.</summary>
    Edge = 1,

    /// <summary>A service's.</summary>
    Service = 2,
}
