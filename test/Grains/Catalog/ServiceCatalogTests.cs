using Frontier.Grains.Catalog;
using Frontier.Grains.Tests.Support;
using static Frontier.Grains.Tests.Catalog.Entries;

namespace Frontier.Grains.Tests.Catalog;

/// <summary>Syncs, versions, expiry and rebuilding, step by step.</summary>
[TestFixture]
internal sealed class ServiceCatalogTests
{
    private ManualClock _clock = null!;
    private ServiceCatalog _catalog = null!;

    [SetUp]
    public void Create()
    {
        _clock = new ManualClock();
        _catalog = new ServiceCatalog(_clock, 1_000);
    }

    [Test]
    public void Version_carries_the_number_of_the_life_and_counts_real_changes_only()
    {
        const long born = 1_000;
        Assert.That(_catalog.Snapshot.Version, Is.EqualTo(new CatalogVersion(born, 0)));

        _catalog.Sync(Sync("a", 1, [Entry(1, "a", 1, "charge")]));
        Assert.That(_catalog.Snapshot.Version, Is.EqualTo(new CatalogVersion(born, 1)));

        _catalog.Sync(Sync("a", 2, [Entry(1, "a", 1, "charge")], servicesVersion: 2));
        _catalog.Sync(Sync("b", 1, []));
        Assert.That(_catalog.Snapshot.Version, Is.EqualTo(new CatalogVersion(born, 1)), "nothing changed");

        _catalog.Sync(Sync("a", 3, [Entry(1, "a", 1, "charge", "refund")], servicesVersion: 3));
        Assert.That(_catalog.Snapshot.Version, Is.EqualTo(new CatalogVersion(born, 2)));
    }

    [Test]
    public void Gateway_learns_the_services_of_all()
    {
        _catalog.Sync(Sync("a", 1, [Entry(3, "a"), Entry(1, "a")]));

        Assert.That(_catalog.Sync(Sync("b", 1, [Entry(2, "b")])).Ids(), Is.EqualTo(new[] { 1UL, 2UL, 3UL }));
    }

    [Test]
    public void Gateway_whose_copy_is_current_gets_nothing()
    {
        var copy = _catalog.Sync(Sync("a", 1, [Entry(1, "a")]));

        Assert.That(_catalog.Sync(Sync("a", 2, null, copy!.Version)), Is.Null);
        Assert.That(_catalog.Sync(Sync("a", 3, null)).Ids(), Is.EqualTo(new[] { 1UL }), "unless it lost it");
    }

    [Test]
    public void Late_sync_changes_nothing_and_is_told_which_number_was_the_last()
    {
        _catalog.Sync(Sync("a", 5, [Entry(1, "a")]));

        Assert.That(_catalog.Sync(Sync("a", 4, []))?.LastSequence, Is.EqualTo(5));
        Assert.That(_catalog.Sync(Sync("a", 5, []))?.LastSequence, Is.EqualTo(5));
        Assert.That(_catalog.Snapshot.Ids(), Is.EqualTo(new[] { 1UL }));
    }

    [Test]
    public void Sync_without_services_keeps_those_named_before()
    {
        _catalog.Sync(Sync("a", 1, [Entry(1, "a")], servicesVersion: 7));
        _catalog.Sync(Sync("a", 2, null, servicesVersion: 7));

        Assert.That(_catalog.Snapshot.Ids(), Is.EqualTo(new[] { 1UL }));
    }

    [Test]
    public void Gateway_is_asked_for_services_that_are_not_known_as_of_its_version()
    {
        var unknownGateway = _catalog.Sync(Sync("a", 1, null, servicesVersion: 7));
        _catalog.Sync(Sync("a", 2, [Entry(1, "a")], servicesVersion: 7));
        var unknownVersion = _catalog.Sync(Sync("a", 3, null, _catalog.Snapshot.Version, servicesVersion: 8));

        Assert.That(unknownGateway?.ServicesWanted, Is.True);
        Assert.That(unknownVersion?.ServicesWanted, Is.True);
        Assert.That(_catalog.Snapshot.Ids(), Is.EqualTo(new[] { 1UL }), "what was known stays until the answer comes");
        Assert.That(_catalog.Sync(Sync("a", 4, [], servicesVersion: 8))?.ServicesWanted, Is.False);
    }

    [Test]
    public void Silent_gateway_drops_out_with_its_services()
    {
        _catalog.Sync(Sync("a", 1, [Entry(1, "a")]));
        _clock.Advance(TimeSpan.FromSeconds(10));
        _catalog.Sync(Sync("b", 1, [Entry(2, "b")]));

        _clock.Advance(CatalogSync.Expiry - TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.That(_catalog.Expire(), Is.Empty);
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.That(_catalog.Expire(), Is.EqualTo(new[] { "a" }));

        Assert.That(_catalog.Snapshot.Ids(), Is.EqualTo(new[] { 2UL }));
        Assert.That(_catalog.Expire(), Is.Empty);
    }

    [Test]
    public void Late_sync_is_no_sign_of_life()
    {
        _catalog.Sync(Sync("a", 5, [Entry(1, "a")]));
        _clock.Advance(CatalogSync.Expiry);
        _catalog.Sync(Sync("a", 4, [Entry(1, "a")]));

        Assert.That(_catalog.Expire(), Is.EqualTo(new[] { "a" }));
    }

    [Test]
    public void Gateway_that_leaves_takes_its_services_along_and_a_late_sync_does_not_bring_them_back()
    {
        _catalog.Sync(Sync("a", 5, [Entry(1, "a")]));

        _catalog.Leave("a");
        _catalog.Sync(Sync("a", 4, [Entry(1, "a")]));
        Assert.That(_catalog.Snapshot.Services, Is.Empty);

        _catalog.Sync(Sync("a", 6, [Entry(1, "a")]));
        Assert.That(_catalog.Snapshot.Ids(), Is.EqualTo(new[] { 1UL }), "it may come again");
    }

    [Test]
    public void Gateways_are_listed_by_id_and_a_change_of_one_is_a_new_version()
    {
        _catalog.Sync(Sync("b", 1, []) with { Gateway = Gateway("b") });
        _catalog.Sync(Sync("a", 1, []) with { Gateway = Gateway("a") });
        _catalog.Sync(Sync("follower", 1, []));
        var before = _catalog.Snapshot;
        _catalog.Sync(Sync("a", 2, [], servicesVersion: 2) with { Gateway = Gateway("a") });

        Assert.That(before.Gateways.Select(gateway => gateway.GatewayId), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(_catalog.Snapshot, Is.SameAs(before), "nothing changed");

        _catalog.Sync(Sync("a", 3, [], servicesVersion: 3) with { Gateway = Gateway("a") with { IsDraining = true } });
        Assert.That(_catalog.Snapshot.Version, Is.GreaterThan(before.Version));
        Assert.That(_catalog.Snapshot.Gateways[0].IsDraining, Is.True);
    }

    [Test]
    public void Gateway_leaves_the_list_when_it_says_so_and_when_it_stays_silent()
    {
        _catalog.Sync(Sync("a", 1, []) with { Gateway = Gateway("a") });
        _catalog.Sync(Sync("b", 1, []) with { Gateway = Gateway("b") });

        _catalog.Leave("a");
        Assert.That(_catalog.Snapshot.Gateways.Single().GatewayId, Is.EqualTo("b"));

        _clock.Advance(CatalogSync.Expiry);
        _catalog.Expire();
        Assert.That(_catalog.Snapshot.Gateways, Is.Empty);
    }

    [Test]
    public void Gateway_whose_process_is_dead_drops_out_at_once_but_not_its_next_life()
    {
        var (dead, next) = (Silo(1), Silo(2));
        _catalog.Sync(Sync("a", 1, [Entry(1, "a")]) with { Gateway = Gateway("a", dead) });
        _catalog.Sync(Sync("b", 1, [Entry(2, "b")]) with { Gateway = Gateway("b", next) });

        Assert.That(_catalog.DropDead(dead.Equals), Is.EqualTo(new[] { "a" }));
        Assert.That(_catalog.Snapshot.Ids(), Is.EqualTo(new[] { 2UL }));
        Assert.That(_catalog.Snapshot.Gateways.Single().GatewayId, Is.EqualTo("b"));

        _catalog.Sync(Sync("a", 2, [Entry(1, "a")]) with { Gateway = Gateway("a", Silo(3)) });
        Assert.That(_catalog.DropDead(dead.Equals), Is.Empty);
        Assert.That(_catalog.Snapshot.Ids(), Is.EqualTo(new[] { 1UL, 2UL }));
    }

    [Test]
    public void Older_session_of_an_id_stays_behind_the_later_one_until_it_is_gone()
    {
        _catalog.Sync(Sync("a", 1, [Entry(1, "a", epoch: 10)]));
        _catalog.Sync(Sync("b", 1, [Entry(1, "b", epoch: 11)]));
        Assert.That(_catalog.Snapshot.Services.Select(entry => entry.GatewayId), Is.EqualTo(new[] { "b", "a" }));

        _catalog.Sync(Sync("b", 2, [], servicesVersion: 2));

        Assert.That(_catalog.Snapshot.Services.Single().GatewayId, Is.EqualTo("a"));
    }

    [Test]
    public void Copy_of_an_earlier_life_is_left_alone_until_the_catalog_is_rebuilt()
    {
        var earlier = _catalog.Sync(Sync("a", 1, [Entry(1, "a")]))!.Version;
        _clock.Advance(TimeSpan.FromSeconds(1));
        _catalog = new ServiceCatalog(_clock, 2_000);

        Assert.That(_catalog.Sync(Sync("a", 2, null, earlier))?.ServicesWanted, Is.True);
        Assert.That(_catalog.Sync(Sync("a", 3, [Entry(1, "a")], earlier)), Is.Null);
        Assert.That(_catalog.IsBehind("a"), Is.False);
        Assert.That(_catalog.Sync(Sync("new", 1, [])).Ids(), Is.EqualTo(new[] { 1UL }), "a gateway without a copy gets what there is");

        _clock.Advance(ServiceCatalog.RebuildTime);
        Assert.That(_catalog.IsBehind("a"), Is.True);
        Assert.That(_catalog.Sync(Sync("a", 4, null, earlier)).Ids(), Is.EqualTo(new[] { 1UL }));
        Assert.That(_catalog.IsBehind("a"), Is.False);
    }

    [Test]
    public void New_life_is_newer_than_an_earlier_one_on_a_machine_whose_clock_is_ahead()
    {
        var ahead = new CatalogVersion(_catalog.Snapshot.Version.Incarnation + 1_000_000, 42);

        _catalog.Sync(Sync("a", 1, [Entry(1, "a")], ahead));

        Assert.That(_catalog.Snapshot.Version, Is.GreaterThan(ahead));
    }
}
