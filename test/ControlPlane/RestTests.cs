using System.Net;
using Frontier.ControlPlane.Tests.Support;

namespace Frontier.ControlPlane.Tests;

public sealed class RestTests
{
    private TestFrontier _frontier = null!;
    private HttpClient _rest = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _frontier = await TestFrontier.StartAsync();
        _rest = _frontier.Rest();
    }

    [OneTimeTearDown]
    public async Task Stop() => await _frontier.DisposeAsync();

    [Test]
    public async Task An_empty_list_names_its_members_all_the_same() =>
        Assert.That(await _rest.GetStringAsync("/v1/edges?meta=nobody"), Is.EqualTo("""{"edges":[],"count":0}"""));

    [Test]
    public async Task An_edge_is_shown_with_the_names_of_the_proto_file_and_numbers_of_64_bits_as_text()
    {
        await using var edge = await _frontier.ConnectEdgeAsync(18446744073709551000, """{"sn":"a1"}""");
        var description = (await _frontier.Grains.GetEdgeAsync(edge.EdgeId))!;
        var expected =
            "{\"edge_id\":\"18446744073709551000\",\"meta\":\"{\\\"sn\\\":\\\"a1\\\"}\",\"addr\":\"" + description.Address
            + "\",\"create_time\":\"" + description.ConnectedAt.ToUnixTimeSeconds() + "\"}";
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await _rest.GetStringAsync("/v1/edges/18446744073709551000"), Is.EqualTo(expected));
            Assert.That(await _rest.GetStringAsync("/v1/edges?edge_id=18446744073709551000"), Is.EqualTo("{\"edges\":[" + expected + "],\"count\":1}"));
        }
    }

    [Test]
    public async Task The_list_of_methods_is_not_taken_for_an_edge_named_rpcs()
    {
        await using var edge = await _frontier.ConnectEdgeAsync(501, "methods");
        await edge.RegisterAsync("b", (request, _) => ValueTask.FromResult<Client.CallResponse>(request.Payload));
        await edge.RegisterAsync("a", (request, _) => ValueTask.FromResult<Client.CallResponse>(request.Payload));
        Assert.That(await _rest.GetStringAsync("/v1/edges/rpcs?edge_id=501"), Is.EqualTo("""{"rpcs":["a","b"],"count":2}"""));
    }

    [Test]
    public async Task A_service_its_methods_and_its_topics_are_shown()
    {
        await using var service = await _frontier.ConnectServiceAsync("shown", 77, "news", "weather");
        await service.RegisterAsync("echo", (request, _) => ValueTask.FromResult<Client.CallResponse>(request.Payload));
        var description = (await _frontier.Grains.GetServiceAsync(77))!;
        var expected =
            "{\"service_id\":\"77\",\"service\":\"shown\",\"addr\":\"" + description.Address + "\",\"create_time\":\"" + description.ConnectedAt.ToUnixTimeSeconds() + "\"}";
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await _rest.GetStringAsync("/v1/services/77"), Is.EqualTo(expected));
            Assert.That(await _rest.GetStringAsync("/v1/services?service=sho"), Is.EqualTo("{\"services\":[" + expected + "],\"count\":1}"));
            Assert.That(await _rest.GetStringAsync("/v1/services?service=how"), Is.EqualTo("""{"services":[],"count":0}"""));
            Assert.That(await _rest.GetStringAsync("/v1/services/rpcs?service=how"), Is.EqualTo("""{"rpcs":["echo"],"count":1}"""));
            Assert.That(await _rest.GetStringAsync("/v1/services/topics?service_id=77&order=-topic"), Is.EqualTo("""{"topics":["weather","news"],"count":2}"""));
        }
    }

    [Test]
    public async Task Kicking_an_edge_closes_its_session_and_kicking_it_again_finds_nobody()
    {
        await using var edge = await _frontier.ConnectEdgeAsync(502);
        using var kicked = await _rest.DeleteAsync("/v1/edges/502");
        Assert.That(await kicked.Content.ReadAsStringAsync(), Is.EqualTo("{}"));
        await edge.Completion.InTime();
        await Eventually.TrueAsync(async () => (await _rest.GetAsync("/v1/edges/502")).StatusCode == HttpStatusCode.NotFound, "the edge is gone");
        using var again = await _rest.DeleteAsync("/v1/edges/502");
        Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task Kicking_a_service_closes_its_session()
    {
        await using var service = await _frontier.ConnectServiceAsync("kicked", 78);
        using var kicked = await _rest.DeleteAsync("/v1/services/78");
        Assert.That(kicked.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await service.Completion.InTime();
    }

    [TestCase("/v1/edges/4711", HttpStatusCode.NotFound, """{"code":5,"message":"edge not online","details":[]}""")]
    [TestCase("/v1/services/4711", HttpStatusCode.NotFound, """{"code":5,"message":"service not online","details":[]}""")]
    [TestCase("/v1/edges?order=size", HttpStatusCode.BadRequest, null)]
    [TestCase("/v1/edges?page=1&page_size=1000000", HttpStatusCode.BadRequest, null)]
    [TestCase("/v1/edges?start_time=10&end_time=5", HttpStatusCode.BadRequest, """{"code":3,"message":"end_time: not later than start_time","details":[]}""")]
    [TestCase("/v1/edges?scope=galaxy", HttpStatusCode.BadRequest, null)]
    [TestCase("/v1/edges?edge_id=x", HttpStatusCode.BadRequest, null)]
    [TestCase("/v1/edges?page=x", HttpStatusCode.BadRequest, null)]
    [TestCase("/v1/edges/x", HttpStatusCode.BadRequest, null)]
    [TestCase("/v1/edges/18446744073709551616", HttpStatusCode.BadRequest, null)]
    [TestCase("/v2/edges", HttpStatusCode.NotFound, """{"code":5,"message":"no such path","details":[]}""")]
    public async Task What_is_wrong_or_missing_is_answered_with_a_status_and_an_error(string path, HttpStatusCode status, string? body)
    {
        using var answer = await _rest.GetAsync(path);
        var text = await answer.Content.ReadAsStringAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer.StatusCode, Is.EqualTo(status), text);
            Assert.That(text, body is null ? Does.StartWith("{\"code\":3,") : Is.EqualTo(body));
        }
    }
}
