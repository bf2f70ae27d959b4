using Frontier.GrainInterfaces;

namespace Frontier.ControlPlane.Tests.Support;

/// <summary>A gateway's listing over edges that are only numbers: edge n connected n seconds after the beginning, with n as its address.</summary>
internal sealed class FakeListing(string gatewayId, IReadOnlyList<ulong> ids) : IGatewayListing, ILocalConnections, ILocalTrunks
{
    public static readonly DateTimeOffset Beginning = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public string GatewayId => gatewayId;

    public SessionRanking Rank(SessionQuery query, int limit)
    {
        var sorted = (query.IsDescending ? ids.OrderDescending() : ids.Order()).Take(limit).ToArray();
        return new SessionRanking(ids.Count, sorted, Array.ConvertAll(sorted, id => At(id).UtcTicks), []);
    }

    public IReadOnlyList<EdgeDescription> DescribeEdges(IReadOnlyList<ulong> wanted) =>
        [.. wanted.Where(ids.Contains).Select(id => new EdgeDescription(id, 1, gatewayId, $"a:{id}", default, At(id), []))];

    public IReadOnlyList<ServiceDescription> DescribeServices(IReadOnlyList<ulong> wanted) => [];

    public IReadOnlyList<ListedName> ListNames(SessionQuery query, ListedNames names) => [new(gatewayId, 1), new("shared", 1)];

    public SessionScan Scan(SessionKind kind, uint cursor, int count)
    {
        var rest = ids.Where(id => ScanHash.Of(id) >= cursor).OrderBy(ScanHash.Of).ToList();
        var shown = rest.Count <= count ? rest : [.. rest.TakeWhile(id => ScanHash.Of(id) <= ScanHash.Of(rest[count - 1]))];
        return new SessionScan([.. shown.Select(id => new SessionEntry(id, gatewayId, $"a:{id}", "", At(id).ToUnixTimeSeconds()))], shown.Count < rest.Count);
    }

    public SessionCounts Count() => new(ids.Count, 0);

    public ValueTask<bool> DeliverAsync(TrunkSegment segment) => ValueTask.FromResult(false);

    public IEdgeLink? FindEdge(ulong edgeId) => null;

    public IServiceLink? FindService(ulong serviceId) => null;

    private static DateTimeOffset At(ulong id) => Beginning.AddSeconds(id);
}
