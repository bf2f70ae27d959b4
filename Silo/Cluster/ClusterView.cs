using Frontier.GrainInterfaces;

namespace Frontier.Silo;

/// <inheritdoc/>
internal sealed partial class ClusterView(
    IGatewayList gateways, IGatewayPorts ports, IGrainFactory grains, ILogger<ClusterView> logger, LocalGateway? local = null) : IClusterView
{
    /// <summary>A healthy gateway answers the longest list in a fraction of this; a dead one must not hold up the whole answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<GatewayRecord>> ListGatewaysAsync(ViewScope scope, CancellationToken cancellationToken)
    {
        var all = await gateways.GetAsync(cancellationToken);
        return scope == ViewScope.Cluster ? all : [.. all.Where(gateway => gateway.GatewayId == local?.GatewayId)];
    }

    /// <inheritdoc/>
    public Task<ListPage<EdgeDescription>> ListEdgesAsync(SessionQuery query, PageWindow window, ViewScope scope, CancellationToken cancellationToken) =>
        ListAsync(query, window, scope, (gateway, ids) => gateway.DescribeEdgesAsync(ids), edge => edge.EdgeId, cancellationToken);

    /// <inheritdoc/>
    public Task<ListPage<ServiceDescription>> ListServicesAsync(SessionQuery query, PageWindow window, ViewScope scope, CancellationToken cancellationToken) =>
        ListAsync(query, window, scope, (gateway, ids) => gateway.DescribeServicesAsync(ids), service => service.ServiceId, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ListedName>> ListNamesAsync(SessionQuery query, ListedNames names, ViewScope scope, CancellationToken cancellationToken)
    {
        var answers = await AskAllAsync(scope, gateway => gateway.ListNamesAsync(query, names), cancellationToken);
        return [.. answers
            .SelectMany(answer => answer.Value)
            .GroupBy(name => name.Name, StringComparer.Ordinal)
            .Select(same => new ListedName(same.Key, same.Max(name => name.Newest)))];
    }

    /// <inheritdoc/>
    public async Task<SessionScan> ScanAsync(SessionKind kind, uint cursor, int count, CancellationToken cancellationToken)
    {
        var answers = await AskAllAsync(ViewScope.Cluster, gateway => gateway.ScanAsync(kind, cursor, count), cancellationToken);
        return ScanMerge.Merge([.. answers.Select(answer => answer.Value)], count);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, SessionCounts>> CountAsync(CancellationToken cancellationToken)
    {
        var answers = await AskAllAsync(ViewScope.Cluster, gateway => gateway.CountAsync(), cancellationToken);
        return answers.ToDictionary(answer => answer.Gateway.GatewayId, answer => answer.Value);
    }

    /// <inheritdoc/>
    public async Task<EdgeDescription?> FindEdgeAsync(ulong edgeId, ViewScope scope, CancellationToken cancellationToken) => scope == ViewScope.Node
        ? local?.Listing.DescribeEdges([edgeId]) is [var edge] ? edge : null
        : await AskSessionAsync(() => grains.GetEdge(edgeId).DescribeAsync(), cancellationToken);

    /// <inheritdoc/>
    public async Task<ServiceDescription?> FindServiceAsync(ulong serviceId, ViewScope scope, CancellationToken cancellationToken) => scope == ViewScope.Node
        ? local?.Listing.DescribeServices([serviceId]) is [var service] ? service : null
        : await AskSessionAsync(() => grains.GetService(serviceId).DescribeAsync(), cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> KickEdgeAsync(ulong edgeId, ViewScope scope, CancellationToken cancellationToken) =>
        (scope == ViewScope.Cluster || await FindEdgeAsync(edgeId, scope, cancellationToken) is not null)
        && await AskSessionAsync(() => grains.GetEdge(edgeId).KickAsync(), cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> KickServiceAsync(ulong serviceId, ViewScope scope, CancellationToken cancellationToken) =>
        (scope == ViewScope.Cluster || await FindServiceAsync(serviceId, scope, cancellationToken) is not null)
        && await AskSessionAsync(() => grains.GetService(serviceId).KickAsync(), cancellationToken);

    // Sessions live in gateways: in a cluster without one, as at the begin of a migration, nobody is online.
    private async Task<T?> AskSessionAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask().WaitAsync(cancellationToken);
        }
        catch (RoleMissingException)
        {
            return default;
        }
        catch (OrleansException)
        {
            // So Orleans refuses a call of a grain that had a place before the last gateway left.
            if ((await gateways.GetAsync(cancellationToken)).Count == 0)
            {
                return default;
            }

            throw;
        }
    }

    // First what is before the page and on it, by keys; then the rest of what is on it, from whoever has it.
    private async Task<ListPage<T>> ListAsync<T>(
        SessionQuery query,
        PageWindow window,
        ViewScope scope,
        Func<IAskedGateway, ulong[], Task<IReadOnlyList<T>>> describe,
        Func<T, ulong> idOf,
        CancellationToken cancellationToken)
    {
        var limit = window.Offset > int.MaxValue - window.Size ? 0 : window.Offset + window.Size;
        var answers = await AskAllAsync(scope, gateway => gateway.RankAsync(query, limit), cancellationToken);
        var count = answers.Sum(answer => answer.Value.Count);
        var page = RankedMerge.Select([.. answers.Select(answer => answer.Value)], query.IsDescending, window);
        var parts = await Task.WhenAll(page.GroupBy(item => item.Source).Select(async part =>
        {
            var (gateway, _) = answers[part.Key];
            var found = await TryAskAsync(gateway, asked => describe(asked, [.. part.Select(item => item.Id)]), cancellationToken);
            return (found ?? []).Select(item => ((part.Key, idOf(item)), item));
        }));
        var items = parts.SelectMany(part => part).ToDictionary(found => found.Item1, found => found.item);
        // What went away between the two questions is missing from the page.
        return new ListPage<T>([.. page.Where(items.ContainsKey).Select(place => items[place])], count);
    }

    private async Task<List<(GatewayRecord Gateway, T Value)>> AskAllAsync<T>(ViewScope scope, Func<IAskedGateway, Task<T>> ask, CancellationToken cancellationToken)
    {
        var all = await ListGatewaysAsync(scope, cancellationToken);
        var answers = await Task.WhenAll(all.Select(async gateway => (gateway, answer: await TryAskAsync(gateway, async asked => Tuple.Create(await ask(asked)), cancellationToken))));
        return [.. answers.Where(answer => answer.answer is not null).Select(answer => (answer.gateway, answer.answer!.Item1))];
    }

    private async Task<T?> TryAskAsync<T>(GatewayRecord gateway, Func<IAskedGateway, Task<T>> ask, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            IAskedGateway asked = gateway.GatewayId == local?.GatewayId ? new GatewayHere(local.Listing)
                : gateway.Silo is not null ? new GatewayThere(ports.Get(gateway.Silo))
                : throw new OrleansException("it is in no cluster");
            return await ask(asked).WaitAsync(Patience, cancellationToken);
        }
        catch (Exception error) when (error is TimeoutException or OrleansException)
        {
            Log.NoAnswer(logger, gateway.GatewayId, error.Message);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Gateway {GatewayId} is left out of an answer: {Error}")]
        public static partial void NoAnswer(ILogger logger, string gatewayId, string error);
    }
}
