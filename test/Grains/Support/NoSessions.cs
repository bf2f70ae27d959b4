namespace Frontier.Grains.Tests.Support;

/// <summary>What a gateway's port stands on beside its connections, for a gateway of which no test asks for more.</summary>
internal sealed class NoSessions : IGatewayListing, ILocalTrunks
{
    public SessionRanking Rank(SessionQuery query, int limit) => new(0, [], [], []);

    public IReadOnlyList<EdgeDescription> DescribeEdges(IReadOnlyList<ulong> ids) => [];

    public IReadOnlyList<ServiceDescription> DescribeServices(IReadOnlyList<ulong> ids) => [];

    public IReadOnlyList<ListedName> ListNames(SessionQuery query, ListedNames names) => [];

    public SessionScan Scan(SessionKind kind, uint cursor, int count) => new([], false);

    public SessionCounts Count() => new(0, 0);

    public ValueTask<bool> DeliverAsync(TrunkSegment segment) => ValueTask.FromResult(false);
}
