using Frontier.Gateway;
using Frontier.Silo;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Exporter;

namespace Frontier.EndToEnd.Tests.Support;

/// <summary>
/// The whole gateway in the test's own process, on free ports of loopback. The meters of a process are one: a fixture that looks at <c>/metrics</c>
/// must not have another gateway start or stop meanwhile.
/// </summary>
internal sealed class TestGateway : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _observability;

    private TestGateway(WebApplication app, LogRecorder log)
    {
        _app = app;
        Log = log;
        var endpoints = app.Services.GetRequiredService<FrontierEndpoints>();
        EdgePort = endpoints.PortOf(FrontierEndpoints.Edgebound);
        ServicePort = endpoints.PortOf(FrontierEndpoints.Servicebound);
        _observability = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{endpoints.PortOf(FrontierEndpoints.Observability)}") };
    }

    /// <summary>Whether edges and services are on different gateways.</summary>
    public const bool IsSplit = false;

    /// <summary>Where edges connect.</summary>
    public int EdgePort { get; }

    /// <summary>Where services connect.</summary>
    public int ServicePort { get; }

    /// <summary>The grains, as a program in the same process reaches them.</summary>
    public IGrainFactory Grains => _app.Services.GetRequiredService<IGrainFactory>();

    /// <summary>What the gateway logs.</summary>
    public LogRecorder Log { get; }

    /// <summary>Starts a gateway.</summary>
    /// <param name="overrides">Configuration keys, with colons between their parts, and their values.</param>
    public static Task<TestGateway> StartAsync(params (string Key, string Value)[] overrides) => StartAtAsync(default, default, overrides);

    /// <summary>Starts a gateway whose clock is wrong.</summary>
    /// <param name="edges">How far ahead the clock is of the gateway that edges connect to: of this one.</param>
    /// <param name="services">The same for services, where they connect to another one.</param>
    /// <param name="overrides">Configuration keys and their values.</param>
    public static async Task<TestGateway> StartAtAsync(TimeSpan edges, TimeSpan services, params (string Key, string Value)[] overrides)
    {
        _ = services;
        (string Key, string Value)[] keys =
        [
            ("edgebound:listen:addr", "127.0.0.1:0"),
            ("servicebound:listen:addr", "127.0.0.1:0"),
            ("controlplane:listen:addr", "127.0.0.1:0"),
            ("control_plane:listen:addr", "127.0.0.1:0"),
            ("observability:addr", "127.0.0.1:0"),
            ("log:level", "debug"),
            .. overrides,
        ];
        var settings = FrontierSettings.Load(new ConfigurationInputs
        {
            Environment = new Dictionary<string, string?>(),
            Overrides = keys.ToDictionary(key => key.Key, key => (string?)key.Value),
        });
        var log = new LogRecorder();
        var app = FrontierHost.Build(settings, builder =>
        {
            builder.Logging.ClearProviders();
            builder.Logging.AddProvider(log);
            builder.Services.AddKeyedSingleton<TimeProvider>("frontier.wall", new ShiftedTime(edges));
            // Tests compare the page before and after: it must not be an older one.
            builder.Services.Configure<PrometheusAspNetCoreOptions>(prometheus => prometheus.ScrapeResponseCacheDurationMilliseconds = 0);
        });
        await app.StartAsync();
        return new TestGateway(app, log);
    }

    /// <summary>The port of a listener.</summary>
    public int PortOf(PeerSide side) => side == PeerSide.Edge ? EdgePort : ServicePort;

    /// <summary>What <c>/metrics</c> says now.</summary>
    public async Task<MetricsPage> MetricsAsync() => new(await _observability.GetStringAsync("/metrics"));

    /// <summary>What <c>/readyz</c> says now.</summary>
    public async Task<string> ReadyzAsync()
    {
        using var answer = await _observability.GetAsync(new Uri("/readyz", UriKind.Relative));
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>Stops the gateway in good order, as SIGTERM does.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _observability.Dispose();
    }
}
