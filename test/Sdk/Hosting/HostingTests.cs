using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using Frontier.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Frontier.Sdk.Tests.Hosting;

public sealed class HostingTests
{
    private LiveGateway _gateway = null!;

    [OneTimeSetUp]
    public async Task Start() => _gateway = await LiveGateway.StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _gateway.DisposeAsync();

    [Test]
    public async Task Clients_are_connected_when_the_host_has_started_and_closed_when_it_has_stopped()
    {
        var builder = Builder(
            ("Edge:EndPoints:0", _gateway.EdgeEndPoint.ToString()),
            ("Edge:Meta", "pump"),
            ("Edge:Reconnect:InitialDelay", "00:00:00.010"),
            ("Service:EndPoints", $"{_gateway.ServiceEndPoint}, {_gateway.ServiceEndPoint}"),
            ("Service:Name", "hosted"),
            ("Service:Topics:0", "t"));
        builder.Services.AddFrontierEdge(builder.Configuration.GetSection("Edge"));
        builder.Services.AddFrontierService(builder.Configuration.GetSection("Service"), (_, options) => options with { Methods = Support.EchoMethod });
        builder.Services.AddFrontierClusterService(_ => new FrontierClusterServiceOptions { Frontlas = new Uri($"http://{_gateway.FrontlasEndPoint}") });
        using var host = builder.Build();
        await host.StartAsync().InTime();
        var edge = host.Services.GetRequiredService<FrontierEdge>();
        var service = host.Services.GetRequiredService<FrontierService>();
        Assert.That((edge.IsConnected, service.IsConnected, service.Name), Is.EqualTo((true, true, "hosted")));
        Assert.That(host.Services.GetRequiredService<FrontierClusterService>().IsConnected);
        await edge.CallAsync("echo", default).InTime();
        await host.StopAsync().InTime();
        Assert.That((edge.State, service.State), Is.EqualTo((FrontierConnectionState.Closed, FrontierConnectionState.Closed)));
    }

    [Test]
    public async Task A_host_starts_without_a_gateway_when_told_to_and_not_otherwise()
    {
        var nobody = new IPEndPoint(IPAddress.Loopback, 1);
        var patient = Builder();
        patient.Services.AddFrontierEdge(_ => new FrontierEdgeOptions { EndPoint = nobody, Reconnect = Support.FastReconnect with { RetryFirstConnection = true } });
        using (var host = patient.Build())
        {
            await host.StartAsync().InTime();
            Assert.That(host.Services.GetRequiredService<FrontierEdge>().State, Is.EqualTo(FrontierConnectionState.Connecting));
            await host.StopAsync().InTime();
        }

        var strict = Builder();
        strict.Services.AddFrontierEdge(_ => new FrontierEdgeOptions { EndPoint = nobody });
        using (var host = strict.Build())
        {
            Assert.That((await Assert.ThrowsAsync<FrontierException>(() => host.StartAsync().InTime()))!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
        }
    }

    [TestCase("Edge:EndPoints", "nowhere", "EndPoints")]
    [TestCase("Edge:EndPoint", "127.0.0.1:1", "EndPoint")]
    [TestCase("Edge:Id", "minus", "Id")]
    [TestCase("Edge:HeartbeatInterval", "00:00:01", "HeartbeatInterval")]
    [TestCase("Edge:Reconnect:Delay", "00:00:01", "Delay")]
    [TestCase("Edge:Reconnect:MaxDelay", "00:00:00", "Reconnect")]
    public async Task A_wrong_setting_is_named_and_keeps_the_host_from_starting(string key, string value, string name)
    {
        var builder = Builder((key, value));
        builder.Services.AddFrontierEdge(builder.Configuration.GetSection("Edge"));
        using var host = builder.Build();
        Assert.That((await Assert.ThrowsAsync<ArgumentException>(() => host.StartAsync().InTime()))!.ParamName, Is.EqualTo(name));
    }

    [Test]
    public async Task Several_edges_have_keys()
    {
        var builder = Builder();
        builder.Services.AddFrontierEdge(_ => _gateway.EdgeOptions with { Id = 901 }, "a");
        builder.Services.AddFrontierEdge(_ => _gateway.EdgeOptions with { Id = 902 }, "b");
        using var host = builder.Build();
        await host.StartAsync().InTime();
        Assert.That(
            (host.Services.GetRequiredKeyedService<FrontierEdge>("a").EdgeId, host.Services.GetRequiredKeyedService<FrontierEdge>("b").EdgeId),
            Is.EqualTo((901UL, 902UL)));
        await host.StopAsync().InTime();
    }

    [Test]
    [NonParallelizable]
    public async Task Calls_are_traced_and_measured_for_those_who_listen()
    {
        var activities = new List<(string Name, ActivityKind Kind, object? Error)>();
        var spans = new Dictionary<ActivityKind, Activity>();
        using var traces = new ActivityListener
        {
            ShouldListenTo = source => source.Name == FrontierClient.TelemetryName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                lock (activities)
                {
                    activities.Add((activity.OperationName, activity.Kind, activity.GetTagItem("error.type")));
                    spans.TryAdd(activity.Kind, activity);
                }
            },
        };
        ActivitySource.AddActivityListener(traces);
        var measured = new List<(string Instrument, object? Error)>();
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == FrontierClient.TelemetryName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        meters.SetMeasurementEventCallback<double>((instrument, _, tags, _) =>
        {
            lock (measured)
            {
                measured.Add((instrument.Name, tags.ToArray().FirstOrDefault(tag => tag.Key == "error.type").Value));
            }
        });
        meters.Start();
        await using var service = await FrontierService.ConnectAsync(_gateway.ServiceOptions with { Methods = Support.EchoMethod });
        await using var edge = await FrontierEdge.ConnectAsync(_gateway.EdgeOptions);
        await edge.CallAsync("echo", default).InTime();
        await Assert.ThrowsAsync<FrontierException>(() => edge.CallAsync("missing", default).InTime());
        await Support.UntilAsync(() =>
        {
            lock (activities)
            {
                return activities.Contains(("echo", ActivityKind.Server, null));
            }
        }, "the handler is traced");
        Assert.Multiple(() =>
        {
            Assert.That(
                (spans[ActivityKind.Server].TraceId, spans[ActivityKind.Server].ParentSpanId),
                Is.EqualTo((spans[ActivityKind.Client].TraceId, spans[ActivityKind.Client].SpanId)),
                "the handler's span is the child of the caller's");
            Assert.That(activities, Does.Contain(("echo", ActivityKind.Client, (object?)null)));
            Assert.That(activities, Does.Contain(("missing", ActivityKind.Client, (object?)"MethodNotFound")));
            Assert.That(measured, Does.Contain(("frontier.client.call.duration", (object?)null)));
            Assert.That(measured, Does.Contain(("frontier.client.call.duration", (object?)"MethodNotFound")));
            Assert.That(measured, Does.Contain(("frontier.client.handler.duration", (object?)null)));
        });
    }

    private static HostApplicationBuilder Builder(params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        builder.Logging.SetMinimumLevel(LogLevel.None);
        return builder;
    }
}
