using Frontier.GrainInterfaces;

namespace Frontier.Silo;

/// <summary>A gateway that is asked of its sessions, in this process or in another; see <see cref="IGatewayListing"/>.</summary>
internal interface IAskedGateway
{
    Task<SessionRanking> RankAsync(SessionQuery query, int limit);

    Task<IReadOnlyList<EdgeDescription>> DescribeEdgesAsync(ulong[] ids);

    Task<IReadOnlyList<ServiceDescription>> DescribeServicesAsync(ulong[] ids);

    Task<IReadOnlyList<ListedName>> ListNamesAsync(SessionQuery query, ListedNames names);

    Task<SessionScan> ScanAsync(SessionKind kind, uint cursor, int count);

    Task<SessionCounts> CountAsync();
}

/// <summary>The gateway of this process.</summary>
internal sealed class GatewayHere(IGatewayListing listing) : IAskedGateway
{
    public Task<SessionRanking> RankAsync(SessionQuery query, int limit) => Task.Run(() => listing.Rank(query, limit));

    public Task<IReadOnlyList<EdgeDescription>> DescribeEdgesAsync(ulong[] ids) => Task.FromResult(listing.DescribeEdges(ids));

    public Task<IReadOnlyList<ServiceDescription>> DescribeServicesAsync(ulong[] ids) => Task.FromResult(listing.DescribeServices(ids));

    public Task<IReadOnlyList<ListedName>> ListNamesAsync(SessionQuery query, ListedNames names) => Task.Run(() => listing.ListNames(query, names));

    public Task<SessionScan> ScanAsync(SessionKind kind, uint cursor, int count) => Task.Run(() => listing.Scan(kind, cursor, count));

    public Task<SessionCounts> CountAsync() => Task.FromResult(listing.Count());
}

/// <summary>A gateway of another process.</summary>
internal sealed class GatewayThere(IGatewayPort port) : IAskedGateway
{
    public Task<SessionRanking> RankAsync(SessionQuery query, int limit) => port.RankAsync(query, limit);

    public Task<IReadOnlyList<EdgeDescription>> DescribeEdgesAsync(ulong[] ids) => port.DescribeEdgesAsync(ids);

    public Task<IReadOnlyList<ServiceDescription>> DescribeServicesAsync(ulong[] ids) => port.DescribeServicesAsync(ids);

    public Task<IReadOnlyList<ListedName>> ListNamesAsync(SessionQuery query, ListedNames names) => port.ListNamesAsync(query, names);

    public Task<SessionScan> ScanAsync(SessionKind kind, uint cursor, int count) => port.ScanAsync(kind, cursor, count);

    public Task<SessionCounts> CountAsync() => port.CountAsync();
}
