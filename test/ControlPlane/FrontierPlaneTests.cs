using System.Net;
using System.Text;
using Frontier.Client;
using Frontier.ControlPlane.Tests.Support;
using Frontier.Frontlas.V1;
using Frontier.Gateway;

namespace Frontier.ControlPlane.Tests;

public sealed class FrontierPlaneTests
{
    private const string Instance = """{"frontier_id":"go-1","advertised_servicebound_addr":"10.0.0.7:30011","advertised_edgebound_addr":"10.0.0.7:30012"}""";

    private TestFrontier _frontier = null!;
    private ClusterService.ClusterServiceClient _client = null!;

    [SetUp]
    public async Task Start()
    {
        _frontier = await TestFrontier.StartAsync(("frontier_plane:listen:addr", "127.0.0.1:0"), ("frontier_plane:expiration:edge_meta", "2"));
        _client = new ClusterService.ClusterServiceClient(_frontier.Channel(FrontierEndpoints.Frontlas));
    }

    [TearDown]
    public async Task Stop() => await _frontier.DisposeAsync();

    [Test]
    public async Task What_a_frontier_of_the_original_reports_is_part_of_the_answers()
    {
        await using var own = await _frontier.ConnectEdgeAsync(1);
        await using var go = await ReportAsync(Instance);
        await go.CallAsync("service_online", """{"frontier_id":"go-1","service_id":77,"service":"{\"service\":\"csvc\",\"topics\":null}","addr":"10.0.0.9:5555"}"""u8.ToArray());
        await go.CallAsync("edge_online", """{"frontier_id":"go-1","edge_id":42,"addr":"10.0.0.8:4444"}"""u8.ToArray());
        await go.CallAsync("frontier_stats", """{"frontier_id":"go-1","edge_count":1,"service_count":1}"""u8.ToArray());

        var frontiers = await _client.ListFrontiersAsync(new ListFrontiersRequest());
        var frontier = await _client.GetFrontierByEdgeAsync(new GetFrontierByEdgeIDRequest { EdgeId = 42 });
        var edge = await _client.GetEdgeByIDAsync(new GetEdgeByIDRequest { EdgeId = 42 });
        var service = await _client.GetServiceByIDAsync(new GetServiceByIDRequest { ServiceId = 77 });
        var edges = await _client.ListEdgesAsync(new ListEdgesRequest { Cursor = 0, Count = 10 });
        var edgeCount = await _client.GetEdgesCountAsync(new GetEdgesCountRequest());
        var serviceCount = await _client.GetServicesCountAsync(new GetServicesCountRequest());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(frontiers.Frontiers.Select(listed => listed.FrontierId), Is.EqualTo(new[] { "frontier-test", "go-1" }));
            Assert.That(frontier.Fontier.AdvertisedSbAddr, Is.EqualTo("10.0.0.7:30011"));
            Assert.That(frontier.Fontier.AdvertisedEbAddr, Is.EqualTo("10.0.0.7:30012"));
            Assert.That((edge.Edge.FrontierId, edge.Edge.Addr), Is.EqualTo(("go-1", "10.0.0.8:4444")));
            Assert.That((service.Service.FrontierId, service.Service.Service_, service.Service.Addr), Is.EqualTo(("go-1", "csvc", "10.0.0.9:5555")));
            Assert.That(edges.Edges.Select(listed => listed.EdgeId).Order(), Is.EqualTo(new ulong[] { 1, 42 }));
            Assert.That(edgeCount.Count, Is.EqualTo(2));
            Assert.That(serviceCount.Count, Is.EqualTo(1));
        }

        await go.CallAsync("edge_offline", """{"frontier_id":"go-1","edge_id":42}"""u8.ToArray());
        Assert.That((await _client.GetEdgesCountAsync(new GetEdgesCountRequest())).Count, Is.EqualTo(1));
    }

    [Test]
    public async Task An_edge_without_heartbeat_expires_and_one_with_heartbeats_stays()
    {
        await using var go = await ReportAsync(Instance);
        await go.CallAsync("edge_online", """{"frontier_id":"go-1","edge_id":42,"addr":"a:1"}"""u8.ToArray());
        await go.CallAsync("edge_online", """{"frontier_id":"go-1","edge_id":43,"addr":"a:2"}"""u8.ToArray());
        await Eventually.TrueAsync(
            async () =>
            {
                await go.CallAsync("edge_heartbeat", """{"frontier_id":"go-1","edge_id":43}"""u8.ToArray());
                return (await _client.GetEdgesCountAsync(new GetEdgesCountRequest())).Count == 1;
            },
            "the silent edge expires");
        var left = await _client.ListEdgesAsync(new ListEdgesRequest { EdgeIds = { 42, 43 } });
        Assert.That(left.Edges.Select(edge => (edge.EdgeId, edge.Addr)), Is.EqualTo(new[] { (43UL, "a:2") }));
    }

    [Test]
    public async Task A_frontier_that_says_goodbye_is_gone_at_once()
    {
        var go = await ReportAsync(Instance);
        await go.CallAsync("edge_online", """{"frontier_id":"go-1","edge_id":42,"addr":"a:1"}"""u8.ToArray());
        await go.CloseAsync();
        await Eventually.TrueAsync(async () => (await _client.ListFrontiersAsync(new ListFrontiersRequest())).Frontiers.Count == 1, "it is not listed any more");
        Assert.That((await _client.GetEdgesCountAsync(new GetEdgesCountRequest())).Count, Is.Zero);
    }

    [Test]
    public async Task A_newer_connection_takes_the_place_of_an_older_one()
    {
        await using var older = await ReportAsync(Instance);
        await older.CallAsync("edge_online", """{"frontier_id":"go-1","edge_id":42,"addr":"a:1"}"""u8.ToArray());
        await using var newer = await ReportAsync(Instance.Replace("10.0.0.7", "10.0.0.99"));
        await newer.CallAsync("edge_heartbeat", """{"frontier_id":"go-1","edge_id":42}"""u8.ToArray());
        await older.CallAsync("edge_offline", """{"frontier_id":"go-1","edge_id":42}"""u8.ToArray());
        await older.CloseAsync();
        var frontier = await _client.GetFrontierByEdgeAsync(new GetFrontierByEdgeIDRequest { EdgeId = 42 });
        Assert.That(frontier.Fontier.AdvertisedSbAddr, Is.EqualTo("10.0.0.99:30011"));
    }

    [TestCase("")]
    [TestCase("{}")]
    [TestCase("[]")]
    [TestCase("""{"frontier_id":""}""")]
    [TestCase("""{"frontier_id":"two words"}""")]
    [TestCase("""{"frontier_id":7}""")]
    public async Task Who_is_no_frontier_is_turned_away(string meta)
    {
        var error = await Assert.ThrowsAsync<FrontierException>(async () => await ReportAsync(meta));
        Assert.That(error!.Message, Does.Contain("illegal frontier meta"));
    }

    [TestCase("edge_online", "rubbish", "illegal report")]
    [TestCase("edge_online", """{"frontier_id":"go-1"}""", "illegal report: no id")]
    [TestCase("edge_online", """{"frontier_id":"go-1","edge_id":-1,"addr":"a"}""", "illegal report")]
    [TestCase("edge_online", """{"frontier_id":"other","edge_id":1,"addr":"a"}""", "illegal report: of another frontier")]
    [TestCase("edge_explode", "{}", "no such rpc: edge_explode")]
    public async Task A_report_that_is_wrong_is_refused_and_the_next_one_is_taken(string method, string value, string problem)
    {
        await using var go = await ReportAsync(Instance);
        var error = await Assert.ThrowsAsync<FrontierException>(async () => await go.CallAsync(method, Encoding.UTF8.GetBytes(value)));
        Assert.That(error!.Message, Is.EqualTo(problem));
        await go.CallAsync("edge_online", """{"frontier_id":"go-1","edge_id":42,"addr":"a:1"}"""u8.ToArray());
        Assert.That((await _client.GetEdgesCountAsync(new GetEdgesCountRequest())).Count, Is.EqualTo(1));
    }

    [Test]
    public async Task Without_an_address_in_the_configuration_the_port_stays_closed()
    {
        await using var frontier = await TestFrontier.StartAsync();
        Assert.That(frontier.Endpoints.Find(FrontierEndpoints.FrontierPlane), Is.Null);
    }

    private Task<FrontierEdge> ReportAsync(string meta) => FrontierEdge.ConnectAsync(new FrontierEdgeOptions
    {
        EndPoint = new IPEndPoint(IPAddress.Loopback, _frontier.Endpoints.PortOf(FrontierEndpoints.FrontierPlane)),
        Meta = Encoding.UTF8.GetBytes(meta),
        Reconnect = null,
    });
}
