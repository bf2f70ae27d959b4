using System.Net;
using System.Text;
using Frontier.Client;
using Frontier.ControlPlane.Tests.Support;
using Frontier.Frontlas.V1;
using Frontier.Gateway;

namespace Frontier.ControlPlane.Tests;

/// <summary>A façade that is restarted knows what frontiers of the original had reported: they do not say it again.</summary>
public sealed class FrontlasRestartTests
{
    private const string Instance = """{"frontier_id":"go-1","advertised_servicebound_addr":"10.0.0.7:30011","advertised_edgebound_addr":"10.0.0.7:30012"}""";

    [Test]
    public async Task What_was_reported_survives_a_restart_of_the_facade()
    {
        await using var redis = await RedisProcess.StartAsync();
        var database = redis.Connection.GetDatabase();
        var first = await StartAsync(redis);
        await using (var go = await ReportAsync(first))
        {
            await go.CallAsync("service_online", """{"frontier_id":"go-1","service_id":77,"service":"{\"service\":\"csvc\",\"topics\":null}","addr":"10.0.0.9:5555"}"""u8.ToArray());
            await go.CallAsync("edge_online", """{"frontier_id":"go-1","edge_id":42,"addr":"10.0.0.8:4444"}"""u8.ToArray());
            await go.CallAsync("edge_online", """{"frontier_id":"go-1","edge_id":43,"addr":"10.0.0.8:4445"}"""u8.ToArray());
            await Eventually.TrueAsync(async () => await database.HashLengthAsync("frontier:frontier:reported") == 4, "the reports are kept");
            await go.CallAsync("edge_offline", """{"frontier_id":"go-1","edge_id":43}"""u8.ToArray());
            await Eventually.TrueAsync(async () => await database.HashLengthAsync("frontier:frontier:reported") == 3, "that it left is kept");
            Assert.That(await database.KeyTimeToLiveAsync("frontier:frontier:reported"), Is.GreaterThan(TimeSpan.Zero).And.LessThanOrEqualTo(TimeSpan.FromSeconds(30)));
            await first.DisposeAsync(); // Before the frontier could say goodbye.
        }

        await using var second = await StartAsync(redis);
        var client = new ClusterService.ClusterServiceClient(second.Channel(FrontierEndpoints.Frontlas));
        await AssertKnownAsync(client);

        // It connects again and gives signs of life; it says neither addresses nor names.
        await using var back = await ReportAsync(second);
        await back.CallAsync("edge_heartbeat", """{"frontier_id":"go-1","edge_id":42}"""u8.ToArray());
        await AssertKnownAsync(client);
        await back.CloseAsync();
        await Eventually.TrueAsync(async () => (await client.GetEdgesCountAsync(new GetEdgesCountRequest())).Count == 0, "it has said goodbye");
        await Eventually.TrueAsync(async () => !await database.KeyExistsAsync("frontier:frontier:reported"), "nothing is kept of it");
    }

    private static async Task AssertKnownAsync(ClusterService.ClusterServiceClient client)
    {
        var frontier = await client.GetFrontierByEdgeAsync(new GetFrontierByEdgeIDRequest { EdgeId = 42 });
        var edges = await client.ListEdgesAsync(new ListEdgesRequest { EdgeIds = { 42, 43 } });
        var service = await client.GetServiceByIDAsync(new GetServiceByIDRequest { ServiceId = 77 });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(frontier.Fontier.AdvertisedSbAddr, Is.EqualTo("10.0.0.7:30011"));
            Assert.That(edges.Edges.Select(edge => (edge.EdgeId, edge.FrontierId, edge.Addr)), Is.EqualTo(new[] { (42UL, "go-1", "10.0.0.8:4444") }));
            Assert.That((service.Service.Service_, service.Service.Addr), Is.EqualTo(("csvc", "10.0.0.9:5555")));
        }
    }

    private static Task<TestFrontier> StartAsync(RedisProcess redis) => TestFrontier.StartAsync(
        ("cluster:roles", "silo"), ("cluster:redis", redis.Address), ("frontier_plane:listen:addr", "127.0.0.1:0"));

    private static Task<FrontierEdge> ReportAsync(TestFrontier facade) => FrontierEdge.ConnectAsync(new FrontierEdgeOptions
    {
        EndPoint = new IPEndPoint(IPAddress.Loopback, facade.Endpoints.PortOf(FrontierEndpoints.FrontierPlane)),
        Meta = Encoding.UTF8.GetBytes(Instance),
        Reconnect = null,
    });
}
