using System.Net;
using System.Text.Json;
using Frontier.ControlPlane.Tests.Support;
using Frontier.Gateway;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;
using StandardHealth = Grpc.Health.V1.Health;

namespace Frontier.ControlPlane.Tests;

public sealed class ToolingTests
{
    private const string Token = "0123456789abcdef";

    private TestFrontier _frontier = null!;
    private TestFrontier _guarded = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _frontier = await TestFrontier.StartAsync();
        _guarded = await TestFrontier.StartAsync(
            ("controlplane:auth:tokens:0", "an-older-token-of-ours"), ("controlplane:auth:tokens:1", Token), ("control_plane:auth:tokens:0", Token));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _frontier.DisposeAsync();
        await _guarded.DisposeAsync();
    }

    [TestCase(FrontierEndpoints.Controlplane, "controlplane.ControlPlane grpc.health.v1.Health", "meta")]
    [TestCase(FrontierEndpoints.Frontlas, "controlplane.ClusterService controlplane.Health grpc.health.v1.Health", "frontier_id")]
    public async Task Reflection_describes_the_services_of_its_own_port(string listener, string services, string fieldOfEdge)
    {
        var client = new ServerReflection.ServerReflectionClient(_frontier.Channel(listener));
        using var call = client.ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
        await call.ResponseStream.MoveNext(CancellationToken.None).InTime();
        var listed = call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name).Order(StringComparer.Ordinal);
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { FileContainingSymbol = "controlplane.Edge" });
        await call.ResponseStream.MoveNext(CancellationToken.None).InTime();
        var file = FileDescriptorProto.Parser.ParseFrom(call.ResponseStream.Current.FileDescriptorResponse.FileDescriptorProto[0]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(string.Join(' ', listed), Is.EqualTo(services));
            Assert.That(file.MessageType.Single(message => message.Name == "Edge").Field.Select(field => field.Name), Does.Contain(fieldOfEdge));
        }
    }

    [TestCase(FrontierEndpoints.Controlplane, "controlplane.ControlPlane")]
    [TestCase(FrontierEndpoints.Frontlas, "controlplane.ClusterService")]
    public async Task The_standard_health_service_answers_for_the_process_and_the_service(string listener, string service)
    {
        var client = new StandardHealth.HealthClient(_frontier.Channel(listener));
        var unknown = await Assert.ThrowsAsync<RpcException>(async () => await client.CheckAsync(new Grpc.Health.V1.HealthCheckRequest { Service = "x" }));
        using (Assert.EnterMultipleScope())
        {
            foreach (var name in new[] { "", service })
            {
                var answer = await client.CheckAsync(new Grpc.Health.V1.HealthCheckRequest { Service = name });
                Assert.That(answer.Status, Is.EqualTo(Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.Serving));
            }

            Assert.That(unknown!.StatusCode, Is.EqualTo(StatusCode.NotFound));
        }
    }

    [TestCase(FrontierEndpoints.Controlplane, 10)]
    [TestCase(FrontierEndpoints.Frontlas, 9)]
    public async Task Every_path_of_the_openapi_document_is_served(string listener, int operations)
    {
        var rest = _frontier.Rest(listener);
        using var document = JsonDocument.Parse(await rest.GetStringAsync("/openapi.json"));
        var served = 0;
        foreach (var path in document.RootElement.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                using var request = new HttpRequestMessage(new HttpMethod(operation.Name.ToUpperInvariant()), path.Name.Replace("{edge_id}", "1").Replace("{service_id}", "1"));
                using var answer = await rest.SendAsync(request);
                var text = await answer.Content.ReadAsStringAsync();
                Assert.That(text, Does.StartWith("{").And.Not.Contain("no such path"), path.Name);
                Assert.That(answer.StatusCode, Is.AnyOf(HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.BadRequest), path.Name);
                served++;
            }
        }

        Assert.That(served, Is.EqualTo(operations));
    }

    [TestCase(FrontierEndpoints.Controlplane, "/v1/edges")]
    [TestCase(FrontierEndpoints.Controlplane, "/openapi.json")]
    [TestCase(FrontierEndpoints.Frontlas, "/cluster/v1/edges/count")]
    public async Task With_tokens_configured_rest_needs_one(string listener, string path)
    {
        using var without = await _guarded.Rest(listener).GetAsync(path);
        using var wrong = await _guarded.Rest(listener, token: Token + "x").GetAsync(path);
        using var right = await _guarded.Rest(listener, token: Token).GetAsync(path);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(without.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(await without.Content.ReadAsStringAsync(), Does.StartWith("{\"code\":16,"));
            Assert.That(wrong.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(right.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test]
    public async Task With_tokens_configured_grpc_needs_one()
    {
        var client = new Frontlas.V1.ClusterService.ClusterServiceClient(_guarded.Channel(FrontierEndpoints.Frontlas));
        var error = await Assert.ThrowsAsync<RpcException>(async () => await client.GetEdgesCountAsync(new Frontlas.V1.GetEdgesCountRequest()));
        var answer = await client.GetEdgesCountAsync(new Frontlas.V1.GetEdgesCountRequest(), new Metadata { { "authorization", $"Bearer {Token}" } });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(error!.StatusCode, Is.EqualTo(StatusCode.Unauthenticated));
            Assert.That(answer.Count, Is.Zero);
        }
    }

    [Test]
    public async Task Health_needs_no_token()
    {
        var health = new Frontlas.V1.Health.HealthClient(_guarded.Channel(FrontierEndpoints.Frontlas));
        var answer = await health.CheckAsync(new Frontlas.V1.HealthCheckRequest());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer.Status, Is.EqualTo(Frontlas.V1.HealthCheckResponse.Types.ServingStatus.Serving));
            Assert.That(await _guarded.Rest(FrontierEndpoints.Frontlas).GetStringAsync("/cluster/v1/health"), Is.EqualTo("""{"status":"SERVING"}"""));
        }
    }

    [Test]
    public async Task The_dashboard_is_served_on_its_own_port_and_asks_for_the_token()
    {
        await using var frontier = await TestFrontier.StartAsync(
            ("dashboard:enable", "true"), ("dashboard:listen:addr", "127.0.0.1:0"), ("dashboard:auth:tokens:0", Token));
        using var without = await frontier.Rest(FrontierEndpoints.Dashboard).GetAsync("/");
        using var browser = frontier.Rest(FrontierEndpoints.Dashboard);
        browser.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"me:{Token}")));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(without.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(without.Headers.WwwAuthenticate.ToString(), Does.StartWith("Basic"));
            Assert.That(await browser.GetStringAsync("/"), Does.Contain("<html").IgnoreCase);
            Assert.That(await browser.GetStringAsync("/DashboardCounters"), Does.StartWith("{"));
        }
    }

    [TestCase("0.0.0.0:30080", null, "dashboard.listen.addr: \"0.0.0.0:30080\" can be reached from elsewhere, which needs dashboard.auth.tokens")]
    [TestCase("127.0.0.1:30080", "short", "dashboard.auth.tokens[0]: not 16 or more printable characters without spaces")]
    public async Task A_dashboard_for_everybody_stops_the_start(string address, string? token, string problem)
    {
        (string, string)[] keys = [("dashboard:enable", "true"), ("dashboard:listen:addr", address)];
        if (token is not null)
        {
            keys = [.. keys, ("dashboard:auth:tokens:0", token)];
        }

        var error = await Assert.ThrowsAsync<Silo.ConfigurationException>(async () => await TestFrontier.StartAsync(keys));
        Assert.That(error!.Problems, Is.EqualTo(new[] { problem }));
    }
}
