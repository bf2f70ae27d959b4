using Frontier.ControlPlane.Tests.Support;
using Frontier.GrainInterfaces;
using Frontier.Grains.Hosting;
using Frontier.Silo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.TestingHost;

namespace Frontier.ControlPlane.Tests;

/// <summary>Three gateways in three silos with 15,000 edges each, seen from one of them.</summary>
public sealed class SeveralGatewaysTests
{
    private const int PerGateway = 15_000;

    private InProcessTestCluster _cluster = null!;
    private ClusterView _view = null!;

    [SetUp]
    public async Task Start()
    {
        var builder = new InProcessTestClusterBuilder(initialSilosCount: 3);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((options, silo) =>
        {
            var number = options.SiloName[^1] - '0';
            var listing = new FakeListing($"gateway-{number}", [.. Enumerable.Range(0, PerGateway).Select(i => (ulong)((3 * i) + number))]);
            silo.AddFrontierGrains().AddFrontierGatewayPort();
            silo.Services.AddSingleton<IGatewayListing>(listing);
            silo.Services.AddSingleton<ILocalConnections>(listing);
            silo.Services.AddSingleton<ILocalTrunks>(listing);
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
        var services = _cluster.GetSiloServiceProvider(_cluster.Silos[0].SiloAddress);
        var gateways = new KnownGateways([.. _cluster.Silos.Select((silo, i) => new GatewayRecord($"gateway-{i}", silo.SiloAddress, "s", "e", default))]);
        _view = new ClusterView(gateways, services.GetRequiredService<IGatewayPorts>(), services.GetRequiredService<IGrainFactory>(), NullLogger<ClusterView>.Instance);
    }

    [TearDown]
    public async Task Stop() => await _cluster.DisposeAsync();

    [Test]
    public async Task Every_page_of_45000_edges_is_in_order_and_complete()
    {
        var query = new SessionQuery { Order = SessionOrder.ConnectedAt };
        foreach (var offset in new[] { 0, 9_990, 44_900, 45_000 })
        {
            var page = await _view.ListEdgesAsync(query, new PageWindow(offset, 100), ViewScope.Cluster, CancellationToken.None).InTime();
            using (Assert.EnterMultipleScope())
            {
                Assert.That(page.Count, Is.EqualTo(3 * PerGateway));
                Assert.That(page.Items.Select(edge => edge.EdgeId), Is.EqualTo(Enumerable.Range(offset, Math.Min(100, 45_000 - offset)).Select(id => (ulong)id)));
            }
        }
    }

    [Test]
    public async Task A_walk_meets_each_of_45000_edges_once()
    {
        var met = new List<ulong>();
        var cursor = 0u;
        do
        {
            var scan = await _view.ScanAsync(SessionKind.Edge, cursor, 5_000, CancellationToken.None).InTime();
            met.AddRange(scan.Entries.Select(entry => entry.SessionId));
            cursor = scan.HasMore ? ScanHash.Of(met[^1]) + 1 : 0;
        }
        while (cursor != 0);
        Assert.That(met.Order(), Is.EqualTo(Enumerable.Range(0, 3 * PerGateway).Select(id => (ulong)id)));
    }

    [Test]
    public async Task Names_of_all_gateways_come_once_each()
    {
        var names = await _view.ListNamesAsync(new SessionQuery(), ListedNames.Methods, ViewScope.Cluster, CancellationToken.None).InTime();
        Assert.That(names.Select(name => name.Name), Is.EquivalentTo(new[] { "gateway-0", "gateway-1", "gateway-2", "shared" }));
    }

    [Test]
    public async Task A_gateway_that_died_is_left_out()
    {
        await _cluster.KillSiloAsync(_cluster.Silos[2]);
        var page = await _view.ListEdgesAsync(new SessionQuery(), new PageWindow(0, 3), ViewScope.Cluster, CancellationToken.None).InTime();
        var counts = await _view.CountAsync(CancellationToken.None).InTime();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(page.Count, Is.EqualTo(2 * PerGateway));
            Assert.That(page.Items.Select(edge => edge.EdgeId), Is.EqualTo(new ulong[] { 0, 1, 3 }));
            Assert.That(counts.Keys, Is.EquivalentTo(new[] { "gateway-0", "gateway-1" }));
        }
    }

    private sealed class KnownGateways(IReadOnlyList<GatewayRecord> gateways) : IGatewayList
    {
        public Task<IReadOnlyList<GatewayRecord>> GetAsync(CancellationToken cancellationToken) => Task.FromResult(gateways);
    }
}
