using System.Globalization;
using Frontier.Frontlas.V1;
using Frontier.GrainInterfaces;
using Grpc.Core;
using FrontierMessage = Frontier.Frontlas.V1.Frontier;

namespace Frontier.Silo;

/// <summary>What the original's Frontlas answers to cluster services, over gRPC and REST.</summary>
internal sealed class ClusterServiceFacade(FrontlasDirectory directory) : ClusterService.ClusterServiceBase
{
    /// <summary>Each id may cost a grain call.</summary>
    private const int MaxIds = 10_000;

    /// <summary>More than this in one answer would come near the 4 MiB that gRPC clients take by default.</summary>
    private const int MaxCount = 20_000;

    /// <inheritdoc/>
    public override async Task<GetFrontierByEdgeIDResponse> GetFrontierByEdge(GetFrontierByEdgeIDRequest request, ServerCallContext context)
    {
        if (await directory.FindEdgesAsync([request.EdgeId], context.CancellationToken) is not [var edge])
        {
            throw NotFound(FrontierErrorText.EdgeNotOnline);
        }

        var frontiers = await directory.ListFrontiersAsync(context.CancellationToken);
        var frontier = frontiers.FirstOrDefault(frontier => frontier.FrontierId == edge.GatewayId) ?? throw NotFound("frontier not online");
        return new GetFrontierByEdgeIDResponse { Fontier = ToFrontier(frontier) };
    }

    /// <inheritdoc/>
    public override async Task<ListFrontiersResponse> ListFrontiers(ListFrontiersRequest request, ServerCallContext context)
    {
        if (request.HasCursor || request.HasCount)
        {
            var (cursor, count) = CheckCursor(request.HasCursor, request.Cursor, request.HasCount, request.Count);
            return ScanFrontiers(await directory.ListFrontiersAsync(context.CancellationToken), cursor, count);
        }

        var all = await directory.ListFrontiersAsync(context.CancellationToken);
        if (request.EdgeIds.Count > 0)
        {
            CheckIds(request.EdgeIds.Count);
            var edges = await directory.FindEdgesAsync(request.EdgeIds, context.CancellationToken);
            var holders = edges.Select(edge => edge.GatewayId).ToHashSet(StringComparer.Ordinal);
            return new ListFrontiersResponse { Frontiers = { all.Where(frontier => holders.Contains(frontier.FrontierId)).Select(ToFrontier) } };
        }

        if (request.FrontierIds.Count > 0)
        {
            CheckIds(request.FrontierIds.Count);
            var wanted = request.FrontierIds.ToHashSet(StringComparer.Ordinal);
            return new ListFrontiersResponse { Frontiers = { all.Where(frontier => wanted.Contains(frontier.FrontierId)).Select(ToFrontier) } };
        }

        return new ListFrontiersResponse { Frontiers = { all.Select(ToFrontier) } };
    }

    /// <inheritdoc/>
    public override async Task<ListEdgesResponse> ListEdges(ListEdgesRequest request, ServerCallContext context)
    {
        if (!request.HasCursor && !request.HasCount && request.EdgeIds.Count > 0)
        {
            CheckIds(request.EdgeIds.Count);
            var found = await directory.FindEdgesAsync(request.EdgeIds, context.CancellationToken);
            return new ListEdgesResponse { Edges = { found.Select(ToEdge) } };
        }

        var (cursor, count) = CheckCursor(request.HasCursor, request.Cursor, request.HasCount, request.Count);
        var scan = await directory.ScanAsync(SessionKind.Edge, cursor, count, context.CancellationToken);
        return new ListEdgesResponse { Cursor = NextCursor(scan), Edges = { scan.Entries.Select(ToEdge) } };
    }

    /// <inheritdoc/>
    public override async Task<GetEdgeByIDResponse> GetEdgeByID(GetEdgeByIDRequest request, ServerCallContext context) =>
        await directory.FindEdgesAsync([request.EdgeId], context.CancellationToken) is [var edge]
            ? new GetEdgeByIDResponse { Edge = ToEdge(edge) }
            : throw NotFound(FrontierErrorText.EdgeNotOnline);

    /// <inheritdoc/>
    public override async Task<GetEdgesCountResponse> GetEdgesCount(GetEdgesCountRequest request, ServerCallContext context) =>
        new() { Count = (ulong)(await directory.CountAsync(context.CancellationToken)).Edges };

    /// <inheritdoc/>
    public override async Task<ListServicesResponse> ListServices(ListServicesRequest request, ServerCallContext context)
    {
        if (!request.HasCursor && !request.HasCount && request.ServiceIds.Count > 0)
        {
            CheckIds(request.ServiceIds.Count);
            var found = await directory.FindServicesAsync(request.ServiceIds, context.CancellationToken);
            return new ListServicesResponse { Services = { found.Select(ToService) } };
        }

        var (cursor, count) = CheckCursor(request.HasCursor, request.Cursor, request.HasCount, request.Count);
        var scan = await directory.ScanAsync(SessionKind.Service, cursor, count, context.CancellationToken);
        return new ListServicesResponse { Cursor = NextCursor(scan), Services = { scan.Entries.Select(ToService) } };
    }

    /// <inheritdoc/>
    public override async Task<GetServiceByIDResponse> GetServiceByID(GetServiceByIDRequest request, ServerCallContext context) =>
        await directory.FindServicesAsync([request.ServiceId], context.CancellationToken) is [var service]
            ? new GetServiceByIDResponse { Service = ToService(service) }
            : throw NotFound(FrontierErrorText.ServiceNotOnline);

    /// <inheritdoc/>
    public override async Task<GetServicesCountResponse> GetServicesCount(GetServicesCountRequest request, ServerCallContext context) =>
        new() { Count = (ulong)(await directory.CountAsync(context.CancellationToken)).Services };

    private static ListFrontiersResponse ScanFrontiers(IReadOnlyList<FrontierEntry> all, uint cursor, int count)
    {
        var rest = all
            .Select(frontier => (Hash: ScanHash.Of(frontier.FrontierId), Frontier: frontier))
            .Where(frontier => frontier.Hash >= cursor)
            .OrderBy(frontier => frontier.Hash)
            .ToList();
        var shown = rest.Count <= count ? rest : [.. rest.TakeWhile(frontier => frontier.Hash <= rest[count - 1].Hash)];
        return new ListFrontiersResponse
        {
            Cursor = shown.Count == rest.Count ? 0 : shown[^1].Hash + 1,
            Frontiers = { shown.Select(frontier => ToFrontier(frontier.Frontier)) },
        };
    }

    // There is something with a larger hash, so the sum is no overflow and never 0, which means the end.
    private static uint NextCursor(SessionScan scan) => scan.HasMore && scan.Entries is [.., var last] ? ScanHash.Of(last.SessionId) + 1 : 0;

    private static (uint Cursor, int Count) CheckCursor(bool hasCursor, uint cursor, bool hasCount, uint count) =>
        !hasCursor || !hasCount ? throw ListArguments.Wrong("illegal request: cursor and count are needed, or ids")
        : count is 0 or > MaxCount ? throw ListArguments.Wrong(string.Create(CultureInfo.InvariantCulture, $"illegal request: count is not between 1 and {MaxCount}"))
        : (cursor, (int)count);

    private static void CheckIds(int count)
    {
        if (count > MaxIds)
        {
            throw ListArguments.Wrong(string.Create(CultureInfo.InvariantCulture, $"illegal request: more than {MaxIds} ids"));
        }
    }

    private static FrontierMessage ToFrontier(FrontierEntry frontier) => new()
    {
        FrontierId = frontier.FrontierId,
        AdvertisedSbAddr = frontier.ServiceboundAddress,
        AdvertisedEbAddr = frontier.EdgeboundAddress,
    };

    private static Edge ToEdge(SessionEntry edge) => new()
    {
        EdgeId = edge.SessionId,
        Addr = edge.Address,
        UpdateTime = (ulong)edge.ConnectedAt,
        FrontierId = edge.GatewayId,
    };

    private static Service ToService(SessionEntry service) => new()
    {
        Service_ = service.Name,
        Addr = service.Address,
        UpdateTime = (ulong)service.ConnectedAt,
        FrontierId = service.GatewayId,
    };

    private static RpcException NotFound(string message) => new(new Status(StatusCode.NotFound, message));
}
