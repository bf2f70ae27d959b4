using System.Text;
using Frontier.ControlPlane.V1;
using Frontier.GrainInterfaces;
using Grpc.Core;

namespace Frontier.Silo;

/// <summary>The control plane's methods, over gRPC and REST.</summary>
internal sealed class ControlPlaneService(IClusterView cluster, IGrainFactory grains) : Frontier.ControlPlane.V1.ControlPlane.ControlPlaneBase
{
    private const string NewestFirst = "-create_time";

    /// <inheritdoc/>
    public override async Task<ListEdgesResponse> ListEdges(ListEdgesRequest request, ServerCallContext context)
    {
        var (order, isDescending) = ListArguments.Order(
            request.Order,
            NewestFirst,
            ("create_time", SessionOrder.ConnectedAt),
            ("edge_id", SessionOrder.Id),
            ("addr", SessionOrder.Address),
            ("meta", SessionOrder.Label));
        var (from, until) = Times(request.HasStartTime, request.StartTime, request.HasEndTime, request.EndTime);
        var query = new SessionQuery
        {
            Kind = SessionKind.Edge,
            LabelLike = ListArguments.BeginningWith(request.Meta),
            AddressLike = ListArguments.BeginningWith(request.Addr),
            Method = ListArguments.NotEmpty(request.Rpc),
            SessionId = ListArguments.Id(request.HasEdgeId, request.EdgeId),
            From = from,
            Until = until,
            Order = order,
            IsDescending = isDescending,
        };
        var page = await cluster.ListEdgesAsync(
            query, ListArguments.Page(request.Page, request.PageSize), ListArguments.Scope(context), context.CancellationToken);
        return new ListEdgesResponse { Edges = { page.Items.Select(ToEdge) }, Count = page.Count };
    }

    /// <inheritdoc/>
    public override async Task<Edge> GetEdge(GetEdgeRequest request, ServerCallContext context) =>
        ToEdge(await cluster.FindEdgeAsync(request.EdgeId, ListArguments.Scope(context), context.CancellationToken) ?? throw NoSuchEdge());

    /// <inheritdoc/>
    public override async Task<KickEdgeResponse> KickEdge(KickEdgeRequest request, ServerCallContext context) =>
        await cluster.KickEdgeAsync(request.EdgeId, ListArguments.Scope(context), context.CancellationToken) ? new KickEdgeResponse() : throw NoSuchEdge();

    /// <inheritdoc/>
    public override async Task<ListEdgeRPCsResponse> ListEdgeRPCs(ListEdgeRPCsRequest request, ServerCallContext context)
    {
        var (from, until) = Times(request.HasStartTime, request.StartTime, request.HasEndTime, request.EndTime);
        var query = new SessionQuery
        {
            Kind = SessionKind.Edge,
            LabelLike = ListArguments.Containing(request.Meta),
            SessionId = ListArguments.Id(request.HasEdgeId, request.EdgeId),
            From = from,
            Until = until,
        };
        var (names, count) = await ListNamesAsync(query, ListedNames.Methods, "rpc", request.Order, request.Page, request.PageSize, context);
        return new ListEdgeRPCsResponse { Rpcs = { names }, Count = count };
    }

    /// <inheritdoc/>
    public override async Task<ListServicesResponse> ListServices(ListServicesRequest request, ServerCallContext context)
    {
        var (order, isDescending) = ListArguments.Order(
            request.Order,
            NewestFirst,
            ("create_time", SessionOrder.ConnectedAt),
            ("service_id", SessionOrder.Id),
            ("addr", SessionOrder.Address),
            ("service", SessionOrder.Label));
        var (from, until) = Times(request.HasStartTime, request.StartTime, request.HasEndTime, request.EndTime);
        var query = new SessionQuery
        {
            Kind = SessionKind.Service,
            LabelLike = ListArguments.BeginningWith(request.Service),
            AddressLike = ListArguments.BeginningWith(request.Addr),
            Method = ListArguments.NotEmpty(request.Rpc),
            Topic = ListArguments.NotEmpty(request.Topic),
            From = from,
            Until = until,
            Order = order,
            IsDescending = isDescending,
        };
        var page = await cluster.ListServicesAsync(
            query, ListArguments.Page(request.Page, request.PageSize), ListArguments.Scope(context), context.CancellationToken);
        return new ListServicesResponse { Services = { page.Items.Select(ToService) }, Count = page.Count };
    }

    /// <inheritdoc/>
    public override async Task<Service> GetService(GetServiceRequest request, ServerCallContext context) =>
        ToService(await cluster.FindServiceAsync(request.ServiceId, ListArguments.Scope(context), context.CancellationToken) ?? throw NoSuchService());

    /// <inheritdoc/>
    public override async Task<KickServiceResponse> KickService(KickServiceRequest request, ServerCallContext context) =>
        await cluster.KickServiceAsync(request.ServiceId, ListArguments.Scope(context), context.CancellationToken)
            ? new KickServiceResponse()
            : throw NoSuchService();

    /// <inheritdoc/>
    public override async Task<ListServiceRPCsResponse> ListServiceRPCs(ListServiceRPCsRequest request, ServerCallContext context)
    {
        var (from, until) = Times(request.HasStartTime, request.StartTime, request.HasEndTime, request.EndTime);
        var query = new SessionQuery
        {
            Kind = SessionKind.Service,
            LabelLike = ListArguments.Containing(request.Service),
            SessionId = ListArguments.Id(request.HasServiceId, request.ServiceId),
            From = from,
            Until = until,
        };
        var (names, count) = await ListNamesAsync(query, ListedNames.Methods, "rpc", request.Order, request.Page, request.PageSize, context);
        return new ListServiceRPCsResponse { Rpcs = { names }, Count = count };
    }

    /// <inheritdoc/>
    public override async Task<ListServiceTopicsResponse> ListServiceTopics(ListServiceTopicsRequest request, ServerCallContext context)
    {
        var (from, until) = Times(request.HasStartTime, request.StartTime, request.HasEndTime, request.EndTime);
        var query = new SessionQuery
        {
            Kind = SessionKind.Service,
            LabelLike = ListArguments.Containing(request.Service),
            SessionId = ListArguments.Id(request.HasServiceId, request.ServiceId),
            From = from,
            Until = until,
        };
        var (names, count) = await ListNamesAsync(query, ListedNames.Topics, "topic", request.Order, request.Page, request.PageSize, context);
        return new ListServiceTopicsResponse { Topics = { names }, Count = count };
    }

    /// <inheritdoc/>
    public override async Task<ListQueuesResponse> ListQueues(ListQueuesRequest request, ServerCallContext context)
    {
        var reports = await grains.GetQueueBoard().ListAsync().AsTask().WaitAsync(context.CancellationToken);
        return new ListQueuesResponse { Queues = { reports.Select(ToQueue) }, Count = reports.Count };
    }

    private static Queue ToQueue(QueueReport report) => new()
    {
        Queue_ = report.Status.Queue,
        Process = report.Process,
        State = report.Status.State.ToString().ToLowerInvariant(),
        InFlight = report.Status.InFlight,
        Confirmed = report.Status.Confirmed,
        Failed = report.Status.Failed,
        LastError = report.Status.LastError,
        LastErrorTime = report.Status.LastErrorAt?.ToUnixTimeSeconds() ?? 0,
    };

    private static Edge ToEdge(EdgeDescription edge) => new()
    {
        EdgeId = edge.EdgeId,
        // Opaque bytes in a field for text: what is no UTF-8 is shown as U+FFFD.
        Meta = Encoding.UTF8.GetString(edge.Meta.Span),
        Addr = edge.Address,
        CreateTime = edge.ConnectedAt.ToUnixTimeSeconds(),
    };

    private static Service ToService(ServiceDescription service) => new()
    {
        ServiceId = service.ServiceId,
        Service_ = service.Name,
        Addr = service.Address,
        CreateTime = service.ConnectedAt.ToUnixTimeSeconds(),
    };

    private static (long? From, long? Until) Times(bool hasStart, long start, bool hasEnd, long end) =>
        ListArguments.Times(hasStart ? start : null, hasEnd ? end : null);

    private static RpcException NoSuchEdge() => new(new Status(StatusCode.NotFound, FrontierErrorText.EdgeNotOnline));

    private static RpcException NoSuchService() => new(new Status(StatusCode.NotFound, FrontierErrorText.ServiceNotOnline));

    private async Task<(IEnumerable<string> Names, int Count)> ListNamesAsync(
        SessionQuery query, ListedNames kind, string field, string order, long page, long pageSize, ServerCallContext context)
    {
        var (byTime, isDescending) = ListArguments.Order(order, field, (field, false), ("create_time", true));
        var window = ListArguments.Page(page, pageSize);
        var names = await cluster.ListNamesAsync(query, kind, ListArguments.Scope(context), context.CancellationToken);
        var sorted = names.OrderBy(name => byTime ? name.Newest : 0).ThenBy(name => name.Name, StringComparer.Ordinal);
        return ((isDescending ? sorted.Reverse() : sorted).Skip(window.Offset).Take(window.Size).Select(name => name.Name), names.Count);
    }
}
