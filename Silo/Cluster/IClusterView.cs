using Frontier.GrainInterfaces;

namespace Frontier.Silo;

/// <summary>
/// All gateways as one, for operators. A gateway that does not answer soon is left out and logged: a list without it is worth more than none.
/// </summary>
internal interface IClusterView
{
    /// <summary>The gateways, ordered by id; at least the one of this process, when it has one.</summary>
    Task<IReadOnlyList<GatewayRecord>> ListGatewaysAsync(ViewScope scope, CancellationToken cancellationToken);

    /// <summary>A page of edges.</summary>
    Task<ListPage<EdgeDescription>> ListEdgesAsync(SessionQuery query, PageWindow window, ViewScope scope, CancellationToken cancellationToken);

    /// <summary>A page of services.</summary>
    Task<ListPage<ServiceDescription>> ListServicesAsync(SessionQuery query, PageWindow window, ViewScope scope, CancellationToken cancellationToken);

    /// <summary>All names the sessions of a list have between them, each once, in no order.</summary>
    Task<IReadOnlyList<ListedName>> ListNamesAsync(SessionQuery query, ListedNames names, ViewScope scope, CancellationToken cancellationToken);

    /// <summary>Sessions in the order of <see cref="ScanHash"/>, from a cursor on; each once.</summary>
    /// <param name="kind">Edges or services.</param>
    /// <param name="cursor">The smallest hash; 0 for the beginning.</param>
    /// <param name="count">How many; a few more when several share the last hash.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<SessionScan> ScanAsync(SessionKind kind, uint cursor, int count, CancellationToken cancellationToken);

    /// <summary>How many sessions each gateway holds.</summary>
    Task<IReadOnlyDictionary<string, SessionCounts>> CountAsync(CancellationToken cancellationToken);

    /// <summary>An edge; null when it is not online, or not here when only this node is meant.</summary>
    Task<EdgeDescription?> FindEdgeAsync(ulong edgeId, ViewScope scope, CancellationToken cancellationToken);

    /// <summary>A service; null when it is not online, or not here when only this node is meant.</summary>
    Task<ServiceDescription?> FindServiceAsync(ulong serviceId, ViewScope scope, CancellationToken cancellationToken);

    /// <summary>Closes an edge's session. False when it has none, or none here when only this node is meant.</summary>
    Task<bool> KickEdgeAsync(ulong edgeId, ViewScope scope, CancellationToken cancellationToken);

    /// <summary>Closes a service's session. False when it has none, or none here when only this node is meant.</summary>
    Task<bool> KickServiceAsync(ulong serviceId, ViewScope scope, CancellationToken cancellationToken);
}
