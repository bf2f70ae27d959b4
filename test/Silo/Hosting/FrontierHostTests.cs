using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Frontier.Gateway;
using Frontier.GrainInterfaces;
using Microsoft.Extensions.DependencyInjection;

namespace Frontier.Silo.Tests;

public sealed class FrontierHostTests : IDisposable
{
    private RunningHost _host = null!;
    private HttpClient _http = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _host = await RunningHost.StartAsync();
        _http = _host.Observability;
    }

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    public void Dispose() => _http.Dispose();

    [Test]
    public async Task A_running_gateway_is_healthy_and_ready()
    {
        using var health = await _http.GetAsync("/healthz");
        using var ready = await _http.GetAsync("/readyz");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(health.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await ready.Content.ReadAsStringAsync(), Is.EqualTo("""{"ready":true,"reasons":{}}"""));
            Assert.That(ready.Headers.Server, Is.Empty);
        }
    }

    [Test]
    public async Task The_catalog_lists_the_gateway_with_the_ports_it_got()
    {
        var catalog = _host.App.Services.GetRequiredService<IGrainFactory>().GetServiceCatalog();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        GatewayRecord? gateway;
        while ((gateway = (await catalog.GetAsync()).Gateways.SingleOrDefault()) is null)
        {
            await Task.Delay(10, deadline.Token);
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(gateway.GatewayId, Is.EqualTo(_host.App.Services.GetRequiredService<GatewayIdentity>().GatewayId));
            Assert.That(gateway.Silo, Is.EqualTo(_host.App.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress));
            Assert.That(gateway.ServiceboundAddress, Is.EqualTo($"127.0.0.1:{_host.Endpoints.PortOf(FrontierEndpoints.Servicebound)}"));
            Assert.That(gateway.EdgeboundAddress, Is.EqualTo($"127.0.0.1:{_host.Endpoints.PortOf(FrontierEndpoints.Edgebound)}"));
            Assert.That(gateway.IsDraining, Is.False);
        }
    }

    [Test]
    public async Task A_condition_that_is_not_met_makes_it_unready_with_the_reason()
    {
        var readiness = _host.App.Services.GetRequiredService<Readiness>();
        readiness.NotMet("test", "because");
        try
        {
            using var ready = await _http.GetAsync("/readyz");
            using var report = JsonDocument.Parse(await ready.Content.ReadAsStringAsync());
            using (Assert.EnterMultipleScope())
            {
                Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
                Assert.That(report.RootElement.GetProperty("ready").GetBoolean(), Is.False);
                Assert.That(report.RootElement.GetProperty("reasons").GetProperty("test").GetString(), Is.EqualTo("because"));
            }
        }
        finally
        {
            readiness.Met("test");
        }
    }

    [Test]
    public async Task Metrics_of_our_own_meters_orleans_and_the_runtime_are_there_under_prometheus_names()
    {
        using var meter = new Meter("Frontier.Test");
        meter.CreateCounter<long>("frontier.test.frames", "{frame}").Add(3, new KeyValuePair<string, object?>("direction", "in"));
        meter.CreateHistogram<double>("frontier.test.call.duration", "s").Record(0.0002);
        var metrics = await _http.GetStringAsync("/metrics");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(metrics, Does.Match("""frontier_test_frames_total\{[^}]*direction="in"[^}]*\} 3"""));
            Assert.That(metrics, Does.Match("""frontier_test_call_duration_seconds_bucket\{[^}]*le="0.0001"\} 0"""));
            Assert.That(metrics, Does.Match("""frontier_test_call_duration_seconds_bucket\{[^}]*le="0.00025"\} 1"""));
            Assert.That(metrics, Does.Contain("# TYPE frontier_test_call_duration_seconds histogram"));
            Assert.That(metrics, Does.Contain("\norleans_"));
            Assert.That(metrics, Does.Contain("\ndotnet_gc_collections_total"));
            Assert.That(metrics, Does.Contain("service_name=\"frontier\""));
        }
    }

    [TestCase("/healthz")]
    [TestCase("/metrics")]
    public async Task What_belongs_to_one_listener_cannot_be_had_at_another_whatever_the_host_header_says(string path)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(
            HttpMethod.Get, $"http://127.0.0.1:{_host.Endpoints.PortOf(FrontierEndpoints.Controlplane)}{path}");
        request.Headers.Host = $"127.0.0.1:{_host.Endpoints.PortOf(FrontierEndpoints.Observability)}";
        using var answer = await http.SendAsync(request);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [TestCase(FrontierEndpoints.Edgebound)]
    [TestCase(FrontierEndpoints.Servicebound)]
    public async Task Edges_and_services_can_connect(string listener)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _host.Endpoints.PortOf(listener));
        Assert.That(client.Connected, Is.True);
    }

    [Test]
    public async Task A_second_gateway_runs_beside_it_without_any_port_given()
    {
        await using var second = await RunningHost.StartAsync();
        using var http = second.Observability;
        using var ready = await http.GetAsync("/readyz");
        var first = _host.App.Services.GetRequiredService<ClusterPorts>();
        var ports = second.App.Services.GetRequiredService<ClusterPorts>();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(new[] { ports.Silo, ports.Gateway, first.Silo, first.Gateway }, Is.Unique);
        }
    }

    [TestCase("edgebound:listen:addr", FrontierEndpoints.Edgebound, "edgebound.listen.addr")]
    [TestCase("observability:addr", FrontierEndpoints.Observability, "observability.addr")]
    public async Task An_address_in_use_stops_the_start_with_its_key(string key, string listener, string path)
    {
        var address = $"127.0.0.1:{_host.Endpoints.PortOf(listener)}";
        await using var app = RunningHost.Build(configure: null, (key, address));
        Assert.That(
            async () => await app.StartAsync(),
            Throws.TypeOf<ListenException>().With.Message.EqualTo($"{path}: {address} is already in use"));
        await app.StopAsync();
    }

    [Test]
    public void A_cluster_port_in_use_stops_the_start_with_its_key()
    {
        var port = _host.App.Services.GetRequiredService<ClusterPorts>().Silo;
        Assert.That(
            () => RunningHost.Build(configure: null, ("cluster:silo_port", $"{port}")),
            Throws.TypeOf<ListenException>().With.Message.EqualTo($"cluster.silo_port: 127.0.0.1:{port} is already in use"));
    }
}
