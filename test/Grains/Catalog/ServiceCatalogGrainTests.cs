using Frontier.Grains.Catalog;
using Frontier.Grains.Tests.Support;
using static Frontier.Grains.Tests.Catalog.Entries;
using static Frontier.Grains.Tests.FrontierCluster;

namespace Frontier.Grains.Tests.Catalog;

/// <summary>The catalog as gateways in different processes see it.</summary>
[TestFixture]
internal sealed class ServiceCatalogGrainTests
{
    // A reference holds its observer weakly; this keeps both to the end of the test run.
    private static readonly Dictionary<RecordingObserver, ICatalogObserver> References = [];

    private IServiceCatalogGrain _catalogOfA = null!;
    private IServiceCatalogGrain _catalogOfB = null!;

    [SetUp]
    public async Task StartAnewAsync()
    {
        _catalogOfA = GatewayA.Grains.GetServiceCatalog();
        _catalogOfB = GatewayB.Grains.GetServiceCatalog();
        await Cluster.DeactivateAsync(_catalogOfA).InTime();
    }

    [Test]
    public async Task Every_gateway_learns_every_service()
    {
        await _catalogOfA.SyncAsync(Sync("a", 1, [Entry(2, "a", 5, "charge")]));

        var copy = await _catalogOfB.SyncAsync(Sync("b", 1, [Entry(1, "b")]));

        Assert.That(copy.Ids(), Is.EqualTo(new[] { 1UL, 2UL }));
        Assert.That(copy!.Services[1].Methods, Is.EqualTo(new[] { "charge" }));
        Assert.That(copy.Services[1].Topics, Is.EqualTo(new[] { "invoices" }));
        Assert.That((await _catalogOfB.SyncAsync(Sync("b", 2, null, copy.Version)))?.Version, Is.EqualTo(copy.Version));
        Assert.That((await _catalogOfA.GetAsync()).Version, Is.EqualTo(copy.Version));
    }

    [Test]
    public async Task Change_is_pushed_to_the_other_gateways_at_once()
    {
        var observer = await SubscribeAsync(GatewayB, "b");
        await _catalogOfB.SyncAsync(Sync("b", 1, []));

        await _catalogOfA.SyncAsync(Sync("a", 1, [Entry(1, "a")]));

        await Eventually.HoldsAsync(() => observer.Snapshots.LastOrDefault()?.Services.Count == 1, "the change is pushed");
    }

    [Test]
    public async Task Subscriber_is_told_what_it_missed_before()
    {
        await _catalogOfA.SyncAsync(Sync("a", 1, [Entry(1, "a")]));

        var observer = await SubscribeAsync(GatewayB, "b");

        await Eventually.HoldsAsync(() => observer.Snapshots.Any(snapshot => snapshot.Services.Count == 1), "the catalog is pushed");
    }

    [Test]
    public async Task Slow_observer_delays_no_sync_and_then_gets_the_newest_catalog()
    {
        var slow = new RecordingObserver();
        var taken = slow.Hold();
        await SubscribeAsync(GatewayB, "b", slow);
        await _catalogOfA.SyncAsync(Sync("a", 1, [Entry(1, "a")]));
        await Eventually.HoldsAsync(() => slow.Snapshots.Count == 1, "the first push is under way");

        for (var i = 2; i <= 20; i++)
        {
            await _catalogOfA.SyncAsync(Sync("a", i, [Entry((ulong)i, "a")], servicesVersion: i)).AsTask().InTime();
        }

        Assert.That(slow.Snapshots, Has.Count.EqualTo(1), "no second push beside the first");
        taken.SetResult();
        await Eventually.HoldsAsync(() => slow.Snapshots.Count == 2, "the push that waited");
        Assert.That(slow.Snapshots.Last().Ids(), Is.EqualTo(new[] { 20UL }));
    }

    [Test]
    public async Task Observer_that_failed_is_told_again_when_it_subscribes_again()
    {
        await _catalogOfA.SyncAsync(Sync("a", 1, [Entry(1, "a")]));
        var observer = new RecordingObserver();
        observer.Hold().SetException(new InvalidOperationException("not today"));
        await SubscribeAsync(GatewayB, "b", observer);
        await Eventually.HoldsAsync(() => observer.Snapshots.Count == 1, "the push that fails");
        observer.Hold().SetResult();

        await Eventually.HoldsAsync(
            async () =>
            {
                await SubscribeAsync(GatewayB, "b", observer);
                return observer.Snapshots.Count == 2;
            },
            "the same catalog is pushed once more");

        Assert.That(observer.Numbers.Distinct().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Silent_gateway_drops_out_and_the_others_are_told()
    {
        await _catalogOfA.SyncAsync(Sync("a", 1, [Entry(1, "a")]));
        var copy = await _catalogOfB.SyncAsync(Sync("b", 1, [Entry(2, "b")]));
        Clock.Skip(CatalogSync.Expiry / 2);
        await _catalogOfB.SyncAsync(Sync("b", 2, null, copy!.Version));
        var observer = await SubscribeAsync(GatewayB, "b");

        Clock.Skip(CatalogSync.Expiry / 2);

        await Eventually.HoldsAsync(() => observer.Snapshots.LastOrDefault() is { } last && last.Ids().SequenceEqual([2UL]), "gateway a is gone");
        Assert.That((await _catalogOfB.GetAsync()).Ids(), Is.EqualTo(new[] { 2UL }));
    }

    [Test]
    public async Task Observer_of_a_gateway_that_dropped_out_is_told_nothing_more()
    {
        var observer = await SubscribeAsync(GatewayA, "a");
        await _catalogOfA.SyncAsync(Sync("a", 1, [Entry(1, "a")]));
        Clock.Skip(CatalogSync.Expiry);
        await Eventually.HoldsAsync(async () => (await _catalogOfB.GetAsync()).Services.Count == 0, "gateway a is gone");
        var pushed = observer.Snapshots.Count;

        await _catalogOfB.SyncAsync(Sync("b", 1, [Entry(2, "b")]));
        var other = await SubscribeAsync(GatewayB, "c");

        await Eventually.HoldsAsync(() => other.Snapshots.LastOrDefault()?.Services.Count == 1, "the change reaches a live observer");
        Assert.That(observer.Snapshots, Has.Count.EqualTo(pushed));
    }

    [Test]
    public async Task Late_sync_is_ignored()
    {
        await _catalogOfA.SyncAsync(Sync("a", 2, [Entry(1, "a")]));

        Assert.That((await _catalogOfA.SyncAsync(Sync("a", 1, [])))?.Version, Is.EqualTo(default(CatalogVersion)));

        Assert.That((await _catalogOfA.GetAsync()).Ids(), Is.EqualTo(new[] { 1UL }));
    }

    [Test]
    public async Task Gateway_that_leaves_is_dropped_at_once()
    {
        await _catalogOfA.SyncAsync(Sync("a", 1, [Entry(1, "a")]));

        await _catalogOfA.LeaveAsync("a");

        Assert.That((await _catalogOfB.GetAsync()).Services, Is.Empty);
    }

    [Test]
    public async Task Catalog_that_lost_its_memory_asks_for_services_and_is_whole_again()
    {
        await _catalogOfA.SyncAsync(Sync("a", 1, [Entry(1, "a")]));
        var copy = await _catalogOfB.SyncAsync(Sync("b", 1, [Entry(2, "b")]));
        await Cluster.DeactivateAsync(_catalogOfA).InTime();

        var answer = await _catalogOfB.SyncAsync(Sync("b", 2, null, copy!.Version));
        Assert.That(answer?.ServicesWanted, Is.True);
        Assert.That((await _catalogOfB.SyncAsync(Sync("b", 3, [Entry(2, "b")], copy.Version)))?.Version, Is.EqualTo(copy.Version), "the old copy knows more for now");
        await _catalogOfA.SyncAsync(Sync("a", 2, [Entry(1, "a")], copy.Version));
        Clock.Skip(ServiceCatalog.RebuildTime);

        var rebuilt = await _catalogOfB.SyncAsync(Sync("b", 4, null, copy.Version));
        Assert.That(rebuilt.Ids(), Is.EqualTo(new[] { 1UL, 2UL }));
        Assert.That(rebuilt!.Version, Is.GreaterThan(copy.Version));
    }

    private static async Task<RecordingObserver> SubscribeAsync(FakeGateway gateway, string gatewayId, RecordingObserver? observer = null)
    {
        observer ??= new RecordingObserver();
        if (!References.TryGetValue(observer, out var reference))
        {
            reference = gateway.Grains.CreateObjectReference<ICatalogObserver>(observer);
            References.Add(observer, reference);
        }

        await gateway.Grains.GetServiceCatalog().SubscribeAsync(gatewayId, reference);
        return observer;
    }
}
