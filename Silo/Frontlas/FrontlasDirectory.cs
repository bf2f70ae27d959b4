using Frontier.GrainInterfaces;

namespace Frontier.Silo;

/// <summary>A gateway as Frontlas lists it: one of the cluster, or a frontier of the original that reports here.</summary>
/// <param name="FrontierId">Its id.</param>
/// <param name="ServiceboundAddress">Where services reach it, <c>host:port</c>.</param>
/// <param name="EdgeboundAddress">Where edges reach it, <c>host:port</c>.</param>
internal sealed record FrontierEntry(string FrontierId, string ServiceboundAddress, string EdgeboundAddress);

/// <summary>
/// The whole mixed cluster, as Frontlas answers for it. Where both the cluster and a frontier of the original say that they hold an edge, the cluster is
/// right: it knows, and the report may be an old one.
/// </summary>
internal sealed class FrontlasDirectory(IClusterView cluster, ReportedDirectory reported)
{
    // So many grains are asked at a time for a list of ids.
    private const int Parallelism = 64;

    /// <summary>All gateways, ordered by id; each id once.</summary>
    public async Task<IReadOnlyList<FrontierEntry>> ListFrontiersAsync(CancellationToken cancellationToken)
    {
        var own = await cluster.ListGatewaysAsync(ViewScope.Cluster, cancellationToken);
        var others = await reported.ListAsync(cancellationToken);
        return [.. own.Select(gateway => new FrontierEntry(gateway.GatewayId, gateway.ServiceboundAddress, gateway.EdgeboundAddress))
            .Concat(others.Select(frontier => new FrontierEntry(frontier.FrontierId, frontier.ServiceboundAddress, frontier.EdgeboundAddress)))
            .DistinctBy(frontier => frontier.FrontierId, StringComparer.Ordinal)
            .OrderBy(frontier => frontier.FrontierId, StringComparer.Ordinal)];
    }

    /// <summary>The edges among these ids that are online, in the order asked for; each once.</summary>
    public Task<IReadOnlyList<SessionEntry>> FindEdgesAsync(IReadOnlyList<ulong> ids, CancellationToken cancellationToken) => FindAsync(
        SessionKind.Edge,
        ids,
        async id => await cluster.FindEdgeAsync(id, ViewScope.Cluster, cancellationToken) is { } edge
            ? new SessionEntry(id, edge.GatewayId, edge.Address, "", edge.ConnectedAt.ToUnixTimeSeconds())
            : null,
        cancellationToken);

    /// <summary>The services among these ids that are online, in the order asked for; each once.</summary>
    public Task<IReadOnlyList<SessionEntry>> FindServicesAsync(IReadOnlyList<ulong> ids, CancellationToken cancellationToken) => FindAsync(
        SessionKind.Service,
        ids,
        async id => await cluster.FindServiceAsync(id, ViewScope.Cluster, cancellationToken) is { } service
            ? new SessionEntry(id, service.GatewayId, service.Address, service.Name, service.ConnectedAt.ToUnixTimeSeconds())
            : null,
        cancellationToken);

    /// <summary>Sessions in the order of <see cref="ScanHash"/>; see <see cref="IClusterView.ScanAsync"/>.</summary>
    public async Task<SessionScan> ScanAsync(SessionKind kind, uint cursor, int count, CancellationToken cancellationToken)
    {
        var own = cluster.ScanAsync(kind, cursor, count, cancellationToken);
        var others = reported.ScanAsync(kind, cursor, count, cancellationToken);
        return ScanMerge.Merge([await own, await others], count);
    }

    /// <summary>How many sessions there are.</summary>
    public async Task<SessionCounts> CountAsync(CancellationToken cancellationToken)
    {
        var counts = await CountByFrontierAsync(cancellationToken);
        return new SessionCounts(counts.Values.Sum(count => count.Edges), counts.Values.Sum(count => count.Services));
    }

    /// <summary>How many sessions each gateway has.</summary>
    public async Task<IReadOnlyDictionary<string, SessionCounts>> CountByFrontierAsync(CancellationToken cancellationToken)
    {
        var counts = new Dictionary<string, SessionCounts>(await cluster.CountAsync(cancellationToken), StringComparer.Ordinal);
        foreach (var frontier in await reported.ListAsync(cancellationToken))
        {
            var sofar = counts.GetValueOrDefault(frontier.FrontierId);
            counts[frontier.FrontierId] = new SessionCounts(sofar.Edges + frontier.Counts.Edges, sofar.Services + frontier.Counts.Services);
        }

        return counts;
    }

    private async Task<IReadOnlyList<SessionEntry>> FindAsync(
        SessionKind kind, IReadOnlyList<ulong> ids, Func<ulong, Task<SessionEntry?>> find, CancellationToken cancellationToken)
    {
        ulong[] asked = [.. ids.Distinct()];
        var found = new SessionEntry?[asked.Length];
        await Parallel.ForAsync(
            0, asked.Length, new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken }, async (i, _) => found[i] = await find(asked[i]));
        var missing = asked.Where((_, i) => found[i] is null).ToList();
        var elsewhere = (await reported.FindAsync(kind, missing, cancellationToken)).ToDictionary(entry => entry.SessionId);
        return [.. asked.Select((id, i) => found[i] ?? elsewhere.GetValueOrDefault(id)).OfType<SessionEntry>()];
    }
}
