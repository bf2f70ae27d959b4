using System.Net;
using Frontier.ControlPlane.Tests.Support;
using Frontier.Frontlas.V1;
using Frontier.Gateway;
using Grpc.Core;

namespace Frontier.ControlPlane.Tests;

public sealed class FrontlasTests
{
    private TestFrontier _frontier = null!;
    private ClusterService.ClusterServiceClient _client = null!;
    private HttpClient _rest = null!;

    [SetUp]
    public async Task Start()
    {
        _frontier = await TestFrontier.StartAsync(("servicebound:listen:advertised_addr", "services.example.com:443"), ("edgebound:listen:advertised_addr", "edges.example.com:443"));
        _client = new ClusterService.ClusterServiceClient(_frontier.Channel(FrontierEndpoints.Frontlas));
        _rest = _frontier.Rest(FrontierEndpoints.Frontlas);
    }

    [TearDown]
    public async Task Stop() => await _frontier.DisposeAsync();

    [Test]
    public async Task Everything_is_answered_over_rest_with_a_body()
    {
        await using var edge = await _frontier.ConnectEdgeAsync(42, "meta");
        await using var service = await _frontier.ConnectServiceAsync("billing", 7);
        var online = (await _frontier.Grains.GetEdgeAsync(42))!;
        var serving = (await _frontier.Grains.GetServiceAsync(7))!;
        const string Frontier = """{"frontier_id":"frontier-test","advertised_sb_addr":"services.example.com:443","advertised_eb_addr":"edges.example.com:443"}""";
        var anEdge = $$"""{"edge_id":"42","addr":"{{online.Address}}","update_time":"{{online.ConnectedAt.ToUnixTimeSeconds()}}","frontier_id":"frontier-test"}""";
        var aService = $$"""{"service":"billing","addr":"{{serving.Address}}","update_time":"{{serving.ConnectedAt.ToUnixTimeSeconds()}}","frontier_id":"frontier-test"}""";
        var expected = new Dictionary<string, string>
        {
            ["/cluster/v1/frontier?edge_id=42"] = $$"""{"fontier":{{Frontier}}}""",
            ["/cluster/v1/frontiers"] = $$"""{"frontiers":[{{Frontier}}]}""",
            ["/cluster/v1/frontiers?edge_ids=42&edge_ids=43"] = $$"""{"frontiers":[{{Frontier}}]}""",
            ["/cluster/v1/frontiers?edge_ids=43"] = """{"frontiers":[]}""",
            ["/cluster/v1/frontiers?frontier_ids=frontier-test"] = $$"""{"frontiers":[{{Frontier}}]}""",
            ["/cluster/v1/frontiers?frontier_ids=other"] = """{"frontiers":[]}""",
            ["/cluster/v1/frontiers?cursor=0&count=10"] = $$"""{"cursor":0,"frontiers":[{{Frontier}}]}""",
            ["/cluster/v1/edges?edge_ids=41&edge_ids=42"] = $$"""{"edges":[{{anEdge}}]}""",
            ["/cluster/v1/edges?cursor=0&count=10"] = $$"""{"cursor":0,"edges":[{{anEdge}}]}""",
            ["/cluster/v1/edge?edge_id=42"] = $$"""{"edge":{{anEdge}}}""",
            ["/cluster/v1/edges/count"] = """{"count":"1"}""",
            ["/cluster/v1/services?service_ids=7&service_ids=8"] = $$"""{"services":[{{aService}}]}""",
            ["/cluster/v1/services?cursor=0&count=10"] = $$"""{"cursor":0,"services":[{{aService}}]}""",
            ["/cluster/v1/service?service_id=7"] = $$"""{"service":{{aService}}}""",
            ["/cluster/v1/services/count"] = """{"count":"1"}""",
            ["/cluster/v1/health"] = """{"status":"SERVING"}""",
        };
        using (Assert.EnterMultipleScope())
        {
            foreach (var (path, body) in expected)
            {
                Assert.That(await _rest.GetStringAsync(path), Is.EqualTo(body), path);
            }
        }
    }

    [Test]
    public async Task A_cluster_service_finds_the_frontier_of_an_edge_over_grpc()
    {
        await using var edge = await _frontier.ConnectEdgeAsync(42);
        var all = await _client.ListFrontiersAsync(new ListFrontiersRequest());
        var one = await _client.GetFrontierByEdgeAsync(new GetFrontierByEdgeIDRequest { EdgeId = 42 });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(all.Frontiers.Single().AdvertisedSbAddr, Is.EqualTo("services.example.com:443"));
            Assert.That(all.HasCursor, Is.False);
            Assert.That(one.Fontier, Is.EqualTo(all.Frontiers.Single()));
        }
    }

    [TestCase("/cluster/v1/frontier?edge_id=4711", HttpStatusCode.NotFound)]
    [TestCase("/cluster/v1/edge?edge_id=4711", HttpStatusCode.NotFound)]
    [TestCase("/cluster/v1/service?service_id=4711", HttpStatusCode.NotFound)]
    [TestCase("/cluster/v1/edges", HttpStatusCode.BadRequest)]
    [TestCase("/cluster/v1/edges?cursor=0", HttpStatusCode.BadRequest)]
    [TestCase("/cluster/v1/edges?count=5", HttpStatusCode.BadRequest)]
    [TestCase("/cluster/v1/edges?cursor=0&count=0", HttpStatusCode.BadRequest)]
    [TestCase("/cluster/v1/edges?cursor=0&count=4294967295", HttpStatusCode.BadRequest)]
    [TestCase("/cluster/v1/services", HttpStatusCode.BadRequest)]
    [TestCase("/cluster/v1/frontiers?cursor=0", HttpStatusCode.BadRequest)]
    [TestCase("/cluster/v1/edge?edge_id=-1", HttpStatusCode.BadRequest)]
    [TestCase("/cluster/v1/nothing", HttpStatusCode.NotFound)]
    [TestCase("/v1/edges", HttpStatusCode.NotFound)]
    public async Task What_is_wrong_or_missing_is_answered_with_a_status_and_an_error(string path, HttpStatusCode status)
    {
        using var answer = await _rest.GetAsync(path);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer.StatusCode, Is.EqualTo(status));
            Assert.That(await answer.Content.ReadAsStringAsync(), Does.Match("""^\{"code":(3|5),"message":".+","details":\[\]\}$"""));
        }
    }

    [Test]
    public async Task A_cursor_meets_everybody_who_stays_exactly_once_while_others_come_and_go()
    {
        var staying = new List<Client.FrontierEdge>();
        for (var i = 0UL; i < 60; i++)
        {
            staying.Add(await _frontier.ConnectEdgeAsync(10_000 + i));
        }

        var met = new List<ulong>();
        var cursor = 0u;
        var passing = 50_000UL;
        do
        {
            var answer = await _client.ListEdgesAsync(new ListEdgesRequest { Cursor = cursor, Count = 7 });
            Assert.That(answer.Edges, Is.Not.Empty);
            met.AddRange(answer.Edges.Select(edge => edge.EdgeId));
            cursor = answer.Cursor;
            for (var i = 0; i < 5; i++)
            {
                await using var guest = await _frontier.ConnectEdgeAsync(passing++);
            }
        }
        while (cursor != 0);

        Assert.That(met.Where(id => id < 50_000).Order(), Is.EqualTo(staying.Select(edge => edge.EdgeId).Order()));
        var count = await _client.GetEdgesCountAsync(new GetEdgesCountRequest());
        Assert.That(count.Count, Is.EqualTo(60));
        foreach (var edge in staying)
        {
            await edge.DisposeAsync();
        }
    }

    [Test]
    public async Task Health_is_checked_and_watched()
    {
        var health = new Health.HealthClient(_frontier.Channel(FrontierEndpoints.Frontlas));
        var checkedOnce = await health.CheckAsync(new HealthCheckRequest());
        using var watch = health.Watch(new HealthCheckRequest());
        Assert.That(await watch.ResponseStream.MoveNext(CancellationToken.None).InTime(), Is.True);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(checkedOnce.Status, Is.EqualTo(HealthCheckResponse.Types.ServingStatus.Serving));
            Assert.That(watch.ResponseStream.Current.Status, Is.EqualTo(HealthCheckResponse.Types.ServingStatus.Serving));
        }

        _frontier.App.Services.GetService(typeof(Readiness));
        ((Readiness)_frontier.App.Services.GetService(typeof(Readiness))!).NotMet("test", "the test says so");
        Assert.That(await watch.ResponseStream.MoveNext(CancellationToken.None).InTime(), Is.True);
        using var overRest = await _rest.GetAsync("/cluster/v1/health");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(watch.ResponseStream.Current.Status, Is.EqualTo(HealthCheckResponse.Types.ServingStatus.NotServing));
            Assert.That((await health.CheckAsync(new HealthCheckRequest())).Status, Is.EqualTo(HealthCheckResponse.Types.ServingStatus.NotServing));
            Assert.That(overRest.StatusCode, Is.EqualTo(HttpStatusCode.ExpectationFailed));
            Assert.That(await overRest.Content.ReadAsStringAsync(), Is.EqualTo("""{"status":"NOT_SERVING"}"""));
        }
    }

    [Test]
    public async Task The_control_plane_is_not_to_be_found_here_nor_the_facade_there()
    {
        var wrong = new ClusterService.ClusterServiceClient(_frontier.Channel(FrontierEndpoints.Controlplane));
        var error = await Assert.ThrowsAsync<RpcException>(async () => await wrong.GetEdgesCountAsync(new GetEdgesCountRequest()));
        Assert.That(error!.StatusCode, Is.EqualTo(StatusCode.Unimplemented));
    }
}
