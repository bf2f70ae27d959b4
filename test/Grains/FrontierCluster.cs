using Frontier.Grains.Hosting;
using Frontier.Grains.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.TestingHost;

namespace Frontier.Grains.Tests;

/// <summary>
/// Three silos in this process, started once for all tests: two gateways and one silo without the gateway role.
/// Tests keep out of each other's way by using ids of their own.
/// </summary>
[SetUpFixture]
internal sealed class FrontierCluster
{
    private static InProcessTestCluster? _cluster;
    private static long _lastId = 1000;

    public static InProcessTestCluster Cluster => _cluster!;

    public static SkippingClock Clock { get; } = new();

    public static FakeGateway GatewayA { get; } = new("gateway-a");

    public static FakeGateway GatewayB { get; } = new("gateway-b");

    /// <summary>The process that has no gateway.</summary>
    public static IGrainFactory Elsewhere => Factory(2);

    public static SiloAddress ElsewhereSilo => Cluster.Silos[2].SiloAddress;

    public static ulong NextId() => (ulong)Interlocked.Increment(ref _lastId);

    public static bool IsActive(IAddressable grain) => Cluster.TryGetGrainContext(grain.GetGrainId(), out _);

    public static SiloAddress? SiloOf(IAddressable grain) =>
        Cluster.TryGetGrainContext(grain.GetGrainId(), out var context) ? context!.Address.SiloAddress : null;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        var builder = new InProcessTestClusterBuilder(initialSilosCount: 3);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((options, silo) =>
        {
            silo.AddFrontierGrains();
            silo.Services.AddKeyedSingleton<TimeProvider>(TimeProviderNames.Grains, Clock);
            silo.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
            if (GatewayOf(options.SiloName) is { } gateway)
            {
                silo.Services.AddSingleton<ILocalConnections>(gateway);
                silo.Services.AddSingleton<ILocalTrunks, NoSessions>();
                silo.Services.AddSingleton<IGatewayListing, NoSessions>();
                silo.AddFrontierGatewayPort();
            }
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
        Assert.That(_cluster.Silos.Select(silo => silo.Name), Is.EqualTo(new[] { "Silo_0", "Silo_1", "Silo_2" }));
        foreach (var silo in _cluster.Silos)
        {
            if (GatewayOf(silo.Name) is { } gateway)
            {
                gateway.Silo = silo.SiloAddress;
                gateway.Grains = _cluster.GetSiloServiceProvider(silo.SiloAddress).GetRequiredService<IGrainFactory>();
            }
        }
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.StopAllSilosAsync();
            await _cluster.DisposeAsync();
        }
    }

    private static FakeGateway? GatewayOf(string siloName) => siloName switch
    {
        "Silo_0" => GatewayA,
        "Silo_1" => GatewayB,
        _ => null,
    };

    private static IGrainFactory Factory(int silo) =>
        Cluster.GetSiloServiceProvider(Cluster.Silos[silo].SiloAddress).GetRequiredService<IGrainFactory>();
}
