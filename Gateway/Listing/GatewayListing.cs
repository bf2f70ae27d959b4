using Frontier.GrainInterfaces;

namespace Frontier.Gateway;

/// <summary>Tells of this gateway's sessions.</summary>
internal sealed class GatewayListing(EdgeTable edges, CatalogReplica catalog, GatewayIdentity identity) : IGatewayListing
{
    /// <inheritdoc/>
    public SessionRanking Rank(SessionQuery query, int limit)
    {
        ArgumentNullException.ThrowIfNull(query);
        return SessionLists.Rank(SessionsFor(query), query, limit);
    }

    /// <inheritdoc/>
    public IReadOnlyList<EdgeDescription> DescribeEdges(IReadOnlyList<ulong> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return [.. ids.Select(edges.Find).OfType<EdgeSession>().Select(edge => edge.Describe())];
    }

    /// <inheritdoc/>
    public IReadOnlyList<ServiceDescription> DescribeServices(IReadOnlyList<ulong> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return [.. ids.Select(id => catalog.FindLocal(id)).OfType<ServiceSession>().Select(service => service.Describe())];
    }

    /// <inheritdoc/>
    public IReadOnlyList<ListedName> ListNames(SessionQuery query, ListedNames names)
    {
        ArgumentNullException.ThrowIfNull(query);
        return SessionLists.ListNames(SessionsFor(query), query, names);
    }

    /// <inheritdoc/>
    public SessionScan Scan(SessionKind kind, uint cursor, int count) => SessionLists.Scan([.. Sessions(kind)], cursor, count, session => new SessionEntry(
        session.Id,
        identity.GatewayId,
        session.Address,
        (session as ServiceSession)?.Name ?? string.Empty,
        session.ConnectedAt.ToUnixTimeSeconds()));

    /// <inheritdoc/>
    public SessionCounts Count() => new(edges.Count, catalog.LocalCount);

    // One id needs no search.
    private IEnumerable<IListedSession> SessionsFor(SessionQuery query)
    {
        if (query.SessionId is not { } id)
        {
            return Sessions(query.Kind);
        }

        IListedSession? session = query.Kind == SessionKind.Edge ? edges.Find(id) : catalog.FindLocal(id);
        return session is null ? [] : [session];
    }

    private IEnumerable<IListedSession> Sessions(SessionKind kind) => kind == SessionKind.Edge ? edges.All : catalog.Locals;
}
