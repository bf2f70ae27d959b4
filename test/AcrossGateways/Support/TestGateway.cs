using System.Diagnostics.Metrics;
using System.Net;
using Frontier.Gateway;
using Frontier.Silo;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Frontier.EndToEnd.Tests.Support;

/// <summary>
/// Two gateways of one cluster in the test's own process, on free ports of loopback: edges connect to one, services to the other. To the tests it
/// looks like one gateway, which is the promise.
/// </summary>
internal sealed class TestGateway : IAsyncDisposable
{
    private readonly WebApplication _edges;
    private readonly WebApplication _services;
    private readonly GatewayMeters _meters;

    private TestGateway(WebApplication edges, WebApplication services, LogRecorder log)
    {
        _edges = edges;
        _services = services;
        Log = log;
        EdgePort = PortOf(edges, FrontierEndpoints.Edgebound);
        ServicePort = PortOf(services, FrontierEndpoints.Servicebound);
        _meters = new GatewayMeters(edges.Services.GetRequiredService<IMeterFactory>(), services.Services.GetRequiredService<IMeterFactory>());
    }

    /// <summary>Whether edges and services are on different gateways.</summary>
    public const bool IsSplit = true;

    /// <summary>Where edges connect.</summary>
    public int EdgePort { get; }

    /// <summary>Where services connect.</summary>
    public int ServicePort { get; }

    /// <summary>Where services connect to the gateway of the edges.</summary>
    public int OtherServicePort => PortOf(_edges, FrontierEndpoints.Servicebound);

    /// <summary>Where edges connect to the gateway of the services.</summary>
    public int OtherEdgePort => PortOf(_services, FrontierEndpoints.Edgebound);

    /// <summary>The catalog as the gateway of the edges has it.</summary>
    public CatalogReplica CatalogOfEdges => _edges.Services.GetRequiredService<CatalogReplica>();

    /// <summary>The grains, as a program in a process of the cluster reaches them.</summary>
    public IGrainFactory Grains => _services.Services.GetRequiredService<IGrainFactory>();

    /// <summary>What the gateways log.</summary>
    public LogRecorder Log { get; }

    /// <summary>Starts two gateways.</summary>
    /// <param name="overrides">Configuration keys, with colons between their parts, and their values; the same for both.</param>
    public static Task<TestGateway> StartAsync(params (string Key, string Value)[] overrides) => StartAsync(clockOfServices: null, overrides);

    /// <summary>Starts two gateways.</summary>
    /// <param name="clockOfServices">The clock of the machine that the gateway of the services is on; null for the right one.</param>
    /// <param name="overrides">Configuration keys, with colons between their parts, and their values; the same for both.</param>
    public static Task<TestGateway> StartAsync(TimeProvider? clockOfServices, params (string Key, string Value)[] overrides) =>
        StartAsync(clockOfServices, default, default, overrides);

    /// <summary>Starts two gateways that tell plain peers wrong times.</summary>
    /// <param name="edgesAhead">How far ahead the clock is of the gateway that edges connect to.</param>
    /// <param name="servicesAhead">The same for services.</param>
    public static Task<TestGateway> StartAtAsync(TimeSpan edgesAhead, TimeSpan servicesAhead) => StartAsync(null, edgesAhead, servicesAhead, []);

    private static async Task<TestGateway> StartAsync(
        TimeProvider? clockOfServices, TimeSpan edgesAhead, TimeSpan servicesAhead, (string Key, string Value)[] overrides)
    {
        var log = new LogRecorder();
        var edges = Build("edges", overrides, log, primary: null, clock: null, edgesAhead);
        await edges.StartAsync();
        var primary = edges.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.Endpoint;
        var services = Build("services", overrides, log, primary, clockOfServices, servicesAhead);
        await services.StartAsync();
        var gateway = new TestGateway(edges, services, log);
        await Eventually.HoldsAsync(
            () => new[] { edges, services }.All(app => app.Services.GetRequiredService<CatalogReplica>().Gateways.All.Count == 2),
            "both gateways know of each other");
        return gateway;
    }

    /// <summary>The port of a listener.</summary>
    public int PortOf(PeerSide side) => side == PeerSide.Edge ? EdgePort : ServicePort;

    /// <summary>What both gateways have counted.</summary>
    public Task<MetricsPage> MetricsAsync() => Task.FromResult(_meters.Read());

    /// <summary>The gateway of the edges loses all links, to and from the other one.</summary>
    public void CutLinks() => _edges.Services.GetRequiredService<GatewayCore>().Trunks.Cut(_ => true);

    /// <summary>Stops the gateways in good order, as SIGTERM does.</summary>
    public async Task StopAsync()
    {
        await _edges.StopAsync();
        await _services.StopAsync();
    }

    /// <summary>The gateway of the services dies: nobody there says goodbye.</summary>
    public Task LoseServicesAsync() => _services.StopAsync(new CancellationToken(canceled: true));

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _edges.DisposeAsync();
        await _services.DisposeAsync();
        _meters.Dispose();
    }

    private static int PortOf(WebApplication app, string name) => app.Services.GetRequiredService<FrontierEndpoints>().PortOf(name);

    private static WebApplication Build(
        string id, (string Key, string Value)[] overrides, LogRecorder log, IPEndPoint? primary, TimeProvider? clock, TimeSpan ahead)
    {
        (string Key, string Value)[] keys =
        [
            ("daemon:frontier_id", id),
            ("edgebound:listen:addr", "127.0.0.1:0"),
            ("servicebound:listen:addr", "127.0.0.1:0"),
            ("controlplane:listen:addr", "127.0.0.1:0"),
            ("control_plane:listen:addr", "127.0.0.1:0"),
            ("observability:enable", "false"),
            ("log:level", "debug"),
            .. overrides,
        ];
        var settings = FrontierSettings.Load(new ConfigurationInputs
        {
            Environment = new Dictionary<string, string?>(),
            Overrides = keys.ToDictionary(key => key.Key, key => (string?)key.Value),
        });
        return FrontierHost.Build(settings, builder =>
        {
            builder.Logging.ClearProviders();
            builder.Logging.AddProvider(log);
            if (clock is not null)
            {
                builder.Services.AddKeyedSingleton(TimeProviderNames.Grains, clock);
            }

            builder.Services.AddKeyedSingleton<TimeProvider>(GatewayCore.WallClock, new ShiftedTime(ahead));
            if (primary is not null)
            {
                builder.Services.Configure<DevelopmentClusterMembershipOptions>(cluster => cluster.PrimarySiloEndpoint = primary);
            }
        });
    }
}
