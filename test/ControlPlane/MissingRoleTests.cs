using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text;
using Frontier.Client;
using Frontier.ControlPlane.Tests.Support;
using Frontier.ControlPlane.V1;
using Frontier.Frontlas.V1;
using Frontier.Gateway;
using Frontier.GrainInterfaces;
using Frontier.Grains.Hosting;
using Frontier.Silo;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.TestingHost;
using ListEdgesRequest = Frontier.Frontlas.V1.ListEdgesRequest;
using ListServicesRequest = Frontier.Frontlas.V1.ListServicesRequest;

namespace Frontier.ControlPlane.Tests;

/// <summary>A cluster in which no process has one of the roles: at the begin of a migration, or while the last one is away.</summary>
public sealed class MissingRoleTests
{
    private const string Instance =
        """{"frontier_id":"go-1","advertised_servicebound_addr":"10.0.0.7:30011","advertised_edgebound_addr":"10.0.0.7:30012"}""";

    [Test]
    public async Task A_facade_without_gateways_of_its_own_answers_for_the_frontiers_that_report()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var frontier = await TestFrontier.StartAsync(
            ("cluster:roles", "silo"),
            ("cluster:redis", redis.Address),
            ("cluster:listen_addr", "127.0.0.1"),
            ("frontier_plane:listen:addr", "127.0.0.1:0"));
        var facade = new ClusterService.ClusterServiceClient(frontier.Channel(FrontierEndpoints.Frontlas));
        await using var go = await ReportAsync(frontier, Instance);
        await go.CallAsync("edge_online", """{"frontier_id":"go-1","edge_id":42,"addr":"10.0.0.8:4444"}"""u8.ToArray());
        await go.CallAsync(
            "service_online", """{"frontier_id":"go-1","service_id":77,"service":"{\"service\":\"csvc\"}","addr":"10.0.0.9:5555"}"""u8.ToArray());

        var holder = await facade.GetFrontierByEdgeAsync(new GetFrontierByEdgeIDRequest { EdgeId = 42 });
        var edge = await facade.GetEdgeByIDAsync(new GetEdgeByIDRequest { EdgeId = 42 });
        var edges = await facade.ListEdgesAsync(new ListEdgesRequest { EdgeIds = { 41, 42 } });
        var frontiers = await facade.ListFrontiersAsync(new ListFrontiersRequest { EdgeIds = { 42 } });
        var service = await facade.GetServiceByIDAsync(new GetServiceByIDRequest { ServiceId = 77 });
        var services = await facade.ListServicesAsync(new ListServicesRequest { ServiceIds = { 77, 78 } });
        var unknown = await Assert.ThrowsAsync<RpcException>(async () => await facade.GetEdgeByIDAsync(new GetEdgeByIDRequest { EdgeId = 41 }));
        var rest = await frontier.Rest(FrontierEndpoints.Frontlas).GetAsync("/cluster/v1/edges?edge_ids=42");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(holder.Fontier.FrontierId, Is.EqualTo("go-1"));
            Assert.That((edge.Edge.FrontierId, edge.Edge.Addr), Is.EqualTo(("go-1", "10.0.0.8:4444")));
            Assert.That(edges.Edges.Select(listed => listed.EdgeId), Is.EqualTo(new[] { 42UL }));
            Assert.That(frontiers.Frontiers.Select(listed => listed.FrontierId), Is.EqualTo(new[] { "go-1" }));
            Assert.That(service.Service.Service_, Is.EqualTo("csvc"));
            Assert.That(services.Services.Select(listed => listed.Service_), Is.EqualTo(new[] { "csvc" }));
            Assert.That(unknown!.StatusCode, Is.EqualTo(StatusCode.NotFound));
            Assert.That(rest.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        var controlplane = new Frontier.ControlPlane.V1.ControlPlane.ControlPlaneClient(frontier.Channel());
        var kicked = await Assert.ThrowsAsync<RpcException>(async () => await controlplane.KickEdgeAsync(new KickEdgeRequest { EdgeId = 42 }));
        Assert.That(kicked!.StatusCode, Is.EqualTo(StatusCode.NotFound), "it is on no gateway of this cluster");
    }

    [Test]
    public async Task Without_a_process_for_a_grain_the_error_names_the_role_that_is_missing()
    {
        await using var gateways = await ClusterAsync(silo => silo.WithOnlySessionGrains());
        var grains = GrainsOf(gateways);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Assert.Throws<RoleMissingException>(() => grains.GetServiceCatalog())!.Role, Is.EqualTo("silo"));
            Assert.That(Assert.Throws<RoleMissingException>(() => grains.GetTopic("t"))!.Role, Is.EqualTo("silo"));
            Assert.That(Assert.Throws<RoleMissingException>(() => grains.GetReportedFrontiers())!.Role, Is.EqualTo("silo"));
            Assert.That(
                Assert.Throws<RoleMissingException>(() => grains.GetQueueBoard())!.Message, Is.EqualTo("no process with the role 'silo' is in the cluster"));
        }
    }

    [Test]
    public async Task Without_a_silo_a_list_that_only_a_silo_has_is_unavailable_for_this_reason()
    {
        await using var gateways = await ClusterAsync(silo => silo.WithOnlySessionGrains());
        var interceptor = new ErrorInterceptor(NullLogger<ErrorInterceptor>.Instance);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await interceptor.UnaryServerHandler<string, string>(
            "request", new CallContext(), async (_, _) => (await GrainsOf(gateways).GetQueueBoard().ListAsync()).ToString()!));
        Assert.That(error!.StatusCode, Is.EqualTo(StatusCode.Unavailable));
        Assert.That(error.Status.Detail, Is.EqualTo("the cluster cannot answer just now: no process with the role 'silo' is in the cluster"));
    }

    [Test]
    public async Task Without_a_catalog_the_gateways_listed_last_are_listed_and_before_any_the_list_fails()
    {
        await using var gateways = await ClusterAsync(silo => silo.WithOnlySessionGrains());
        await using var silos = await ClusterAsync(silo => silo.WithoutSessionGrains());
        var grains = DispatchProxy.Create<IGrainFactory, SwitchedFactory>();
        var cluster = (SwitchedFactory)grains;
        var list = new GatewayList(grains, NullLogger<GatewayList>.Instance);

        cluster.Now = GrainsOf(gateways);
        await Assert.ThrowsAsync<RoleMissingException>(async () => await list.GetAsync(CancellationToken.None).InTime());

        cluster.Now = GrainsOf(silos);
        await grains.GetServiceCatalog()
            .SyncAsync(new CatalogSync("gateway-1", 1, [], 1, default) { Gateway = new GatewayRecord("gateway-1", null, "s:1", "e:1", default) })
            .AsTask().InTime();
        Assert.That((await list.GetAsync(CancellationToken.None).InTime()).Select(gateway => gateway.GatewayId), Is.EqualTo(new[] { "gateway-1" }));

        cluster.Now = GrainsOf(gateways);
        Assert.That((await list.GetAsync(CancellationToken.None).InTime()).Select(gateway => gateway.GatewayId), Is.EqualTo(new[] { "gateway-1" }));
    }

    private static IGrainFactory GrainsOf(InProcessTestCluster cluster) =>
        cluster.GetSiloServiceProvider(cluster.Silos[0].SiloAddress).GetRequiredService<IGrainFactory>();

    private static async Task<InProcessTestCluster> ClusterAsync(Func<ISiloBuilder, ISiloBuilder> roles)
    {
        var builder = new InProcessTestClusterBuilder(initialSilosCount: 1);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((_, silo) => roles(silo.AddFrontierGrains()));
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }

    private static Task<FrontierEdge> ReportAsync(TestFrontier frontier, string meta) => FrontierEdge.ConnectAsync(new FrontierEdgeOptions
    {
        EndPoint = new IPEndPoint(IPAddress.Loopback, frontier.Endpoints.PortOf(FrontierEndpoints.FrontierPlane)),
        Meta = Encoding.UTF8.GetBytes(meta),
        Reconnect = null,
    });

    // The grains of one cluster now, of another later.
#pragma warning disable CA1852 // A proxy is derived from at run time.
    internal class SwitchedFactory : DispatchProxy
#pragma warning restore CA1852
    {
        public IGrainFactory Now { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.Invoke(Now, BindingFlags.DoNotWrapExceptions, null, args, CultureInfo.InvariantCulture);
    }

    private sealed class CallContext : ServerCallContext
    {
        protected override string MethodCore => "/test";

        protected override string HostCore => "";

        protected override string PeerCore => "";

        protected override DateTime DeadlineCore => DateTime.MaxValue;

        protected override Metadata RequestHeadersCore => [];

        protected override CancellationToken CancellationTokenCore => default;

        protected override Metadata ResponseTrailersCore => [];

        protected override Status StatusCore { get; set; }

        protected override WriteOptions? WriteOptionsCore { get; set; }

        protected override AuthContext AuthContextCore => throw new NotSupportedException();

        protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();

        protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;
    }
}
