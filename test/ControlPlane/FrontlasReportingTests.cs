using System.Text.RegularExpressions;
using Frontier.ControlPlane.Tests.Support;
using Frontier.Frontlas.V1;
using Frontier.Gateway;
using Frontier.Silo.Tests;

namespace Frontier.ControlPlane.Tests;

/// <summary>Frontiers can be replaced one by one under a Frontlas that stays: a gateway reports there as a frontier of the original does.</summary>
public sealed partial class FrontlasReportingTests
{
    private static readonly (string, string) Often = ("frontlas:heartbeat", "1s");

    [Test]
    public async Task What_a_gateway_sends_to_Frontlas_is_byte_for_byte_what_a_frontier_of_the_original_sent()
    {
        await using var frontlas = new GoFrontlas();
        await using var gateway = await StartAsync(
            frontlas.Address,
            ("daemon:frontier_id", "frontier01"),
            ("servicebound:listen:advertised_addr", "127.0.0.1:30011"),
            ("edgebound:listen:advertised_addr", "127.0.0.1:30012"));
        await Eventually.TrueAsync(() => Task.FromResult(frontlas.RegistersAcknowledged == 7), "the methods of Frontlas are acknowledged");
        var conn = GoFrontlas.Recorded.First(packet => packet is { Listener: "frontlas", Type: "conn" });
        Assert.That(GoFrontlas.BodyOf(frontlas.Conn), Is.EqualTo(GoFrontlas.BodyOf(conn.Bytes)));

        var edge = await gateway.ConnectEdgeAsync(8080);
        await AssertRecordedAsync("edge_online", "8080");
        await edge.CloseAsync();
        await AssertRecordedAsync("edge_offline", "8080");
        var service = await gateway.ConnectServiceAsync("csvc", 7711176305801369645, "ct-1795398142693807135");
        await AssertRecordedAsync("service_online", "7711176305801369645");
        await service.CloseAsync();
        await AssertRecordedAsync("service_offline", "7711176305801369645");

        async Task AssertRecordedAsync(string method, string id)
        {
            var sent = await frontlas.NextAsync();
            var recorded = GoFrontlas.Recorded.Where(packet => packet is { Listener: "frontlas", Type: "request" })
                .Select(packet => GoFrontlas.SentReport.Read(GoFrontlas.BodyOf(packet.Bytes)))
                .Single(report => report.Method == method && report.Value.Contains($"_id\":{id}", StringComparison.Ordinal));
            // Only the port the peer came from is another one.
            var expected = recorded.With(Source().Replace(recorded.Value, Source().Match(sent.Value).Value));
            Assert.That(System.Text.Encoding.UTF8.GetString(sent.Body), Is.EqualTo(System.Text.Encoding.UTF8.GetString(expected)), $"{sent.Value} as {recorded.Value}");
        }
    }

    [Test]
    public async Task After_Frontlas_was_away_everything_is_told_again_and_what_left_meanwhile_is_taken_back()
    {
        await using var frontlas = new GoFrontlas();
        await using var gateway = await StartAsync(frontlas.Address, Often);
        await using var stays = await gateway.ConnectEdgeAsync(1);
        await using var leaves = await gateway.ConnectEdgeAsync(2);
        Assert.That(new[] { (await frontlas.NextAsync()).Value, (await frontlas.NextAsync()).Value }, Has.All.Contain("\"addr\":"));
        frontlas.Drop();
        await leaves.CloseAsync();
        var awaited = new List<string> { "edge_online 1", "edge_offline 2" };
        while (awaited.Count > 0)
        {
            var report = await frontlas.NextAsync();
            awaited.Remove($"{report.Method} {EdgeId().Match(report.Value).Groups[1].Value}");
        }
    }

    [Test]
    public async Task A_session_that_Frontlas_refused_or_forgot_is_told_again_and_one_it_knows_is_kept_alive()
    {
        await using var frontlas = new GoFrontlas();
        var online = 0;
        var forget = false;
        frontlas.Judge = report => report.Method switch
        {
            "edge_online" => ++online == 1 ? "redis is loading" : null,
            "edge_heartbeat" => forget ? "record not found" : null,
            _ => null,
        };
        await using var gateway = await StartAsync(frontlas.Address, Often);
        await using var edge = await gateway.ConnectEdgeAsync(1);
        await frontlas.NextAsync("edge_online");
        await frontlas.NextAsync("edge_online");
        await frontlas.NextAsync("edge_heartbeat");
        await frontlas.NextAsync("edge_heartbeat");
        Assert.That(online, Is.EqualTo(2), "what is known is not told in full");
        forget = true;
        await frontlas.NextAsync("edge_online");
    }

    [Test]
    public async Task Counts_are_sent_where_that_is_configured()
    {
        await using var frontlas = new GoFrontlas();
        await using var gateway = await StartAsync(frontlas.Address, ("frontlas:metrics:enable", "true"), ("frontlas:metrics:interval", "1"));
        await using var edge = await gateway.ConnectEdgeAsync(1);
        while ((await frontlas.NextAsync("frontier_stats")).Value != """{"frontier_id":"replacement","edge_count":1,"service_count":0}""")
        {
            // Until the edge is counted.
        }
    }

    [Test]
    public async Task Cluster_services_find_the_peers_of_a_gateway_that_reports_to_a_facade()
    {
        using var certificates = new TestCertificates();
        certificates.WriteServer("localhost");
        var (cert, key) = (certificates.CertificateFile("localhost"), certificates.KeyFile("localhost"));
        await using var facade = await TestFrontier.StartAsync(
            ("frontier_plane:listen:addr", "127.0.0.1:0"),
            ("frontier_plane:listen:tls:enable", "true"),
            ("frontier_plane:listen:tls:certs:0:cert", cert),
            ("frontier_plane:listen:tls:certs:0:key", key));
        var client = new ClusterService.ClusterServiceClient(facade.Channel(FrontierEndpoints.Frontlas));
        var gateway = await StartAsync(
            $"127.0.0.1:{facade.Endpoints.PortOf(FrontierEndpoints.FrontierPlane)}",
            ("frontlas:dial:tls:enable", "true"),
            ("frontlas:dial:tls:ca_certs:0", certificates.AuthorityFile),
            ("servicebound:listen:advertised_addr", "gateway.example:30011"));
        await using var service = await gateway.ConnectServiceAsync("billing", 77);
        await using var edge = await gateway.ConnectEdgeAsync(42);
        await Eventually.TrueAsync(
            async () => (await client.ListEdgesAsync(new ListEdgesRequest { EdgeIds = { 42 } })).Edges.Count == 1
                && (await client.GetServicesCountAsync(new GetServicesCountRequest())).Count == 1,
            "the façade knows the peers");
        var found = await client.GetFrontierByEdgeAsync(new GetFrontierByEdgeIDRequest { EdgeId = 42 });
        var listed = await client.GetServiceByIDAsync(new GetServiceByIDRequest { ServiceId = 77 });
        Assert.That((found.Fontier.FrontierId, found.Fontier.AdvertisedSbAddr), Is.EqualTo(("replacement", "gateway.example:30011")));
        Assert.That((listed.Service.FrontierId, listed.Service.Service_), Is.EqualTo(("replacement", "billing")));

        await edge.CloseAsync();
        await Eventually.TrueAsync(async () => (await client.GetEdgesCountAsync(new GetEdgesCountRequest())).Count == 0, "the edge is gone");
        await gateway.DisposeAsync();
        Assert.That((await client.ListFrontiersAsync(new ListFrontiersRequest())).Frontiers.Select(frontier => frontier.FrontierId), Is.EqualTo(new[] { "frontier-test" }));
    }

    private static Task<TestFrontier> StartAsync(string frontlas, params (string, string)[] overrides) => TestFrontier.StartAsync(
        [("daemon:frontier_id", "replacement"), ("control_plane:enable", "false"), ("frontlas:enable", "true"), ("frontlas:dial:addrs:0", frontlas), .. overrides]);

    [GeneratedRegex("\"edge_id\":(\\d+)")]
    private static partial Regex EdgeId();

    [GeneratedRegex("127\\.0\\.0\\.1:\\d+")]
    private static partial Regex Source();
}
