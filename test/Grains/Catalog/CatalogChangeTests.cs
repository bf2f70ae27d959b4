using Frontier.Grains.Catalog;
using Frontier.Grains.Tests.Support;
using static Frontier.Grains.Tests.Catalog.Entries;

namespace Frontier.Grains.Tests.Catalog;

/// <summary>What gateways and the catalog tell each other when something changes: the change, and no more.</summary>
[TestFixture]
internal sealed class CatalogChangeTests
{
    private ServiceCatalog _catalog = null!;
    private long _sequence;

    [SetUp]
    public void Create() => _catalog = new ServiceCatalog(new SkippingClock(), 1_000);

    [Test]
    public void What_is_sent_grows_with_the_number_of_services_that_come_one_after_another_and_not_with_its_square()
    {
        const int Count = 300;
        var copy = Take(null, Tell("b", [], null));
        Tell("a", [], null);
        var sent = 0;
        for (var i = 1; i <= Count; i++)
        {
            var answer = Change("a", i, [Entry((ulong)i, "a")], []);
            var push = _catalog.For("b", copy.Version);
            sent += answer!.Services.Count + push.Services.Count;
            copy = Take(copy, push);
        }

        Assert.That(sent, Is.EqualTo(2 * Count), "each once to each gateway");
        Assert.That(copy.Services, Is.EqualTo(_catalog.Snapshot.Services));
        Assert.That(copy.Version, Is.EqualTo(_catalog.Snapshot.Version));
    }

    [Test]
    public void Whatever_comes_changes_and_goes_the_copies_are_the_catalog()
    {
        var random = new Random(7);
        var copy = Take(null, Tell("b", [], null));
        Tell("a", [], null);
        var services = new Dictionary<ulong, CatalogEntry>();
        for (var i = 1; i <= 2000; i++)
        {
            var id = (ulong)random.Next(1, 20);
            var isGone = services.ContainsKey(id) && random.Next(3) == 0;
            var entry = Entry(id, "a", i, $"method{random.Next(3)}");
            if (isGone ? services.Remove(id) : (services[id] = entry) is not null)
            {
                Change("a", i, isGone ? [] : [entry], isGone ? [id] : []);
            }

            if (random.Next(4) == 0)
            {
                copy = Take(copy, _catalog.For("b", copy.Version)); // Several changes at once.
                Assert.That(copy.Services, Is.EqualTo(_catalog.Snapshot.Services));
            }
        }

        Assert.That(_catalog.Snapshot.Services, Is.EquivalentTo(services.Values));
    }

    [Test]
    public void A_copy_that_missed_a_change_has_a_gap_and_says_so()
    {
        var copy = Take(null, Tell("b", [], null));
        Tell("a", [], null);
        Change("a", 1, [Entry(1, "a")], []);
        var missed = _catalog.Snapshot.Version;
        Change("a", 2, [Entry(2, "a")], []);

        Assert.That(copy.Apply(_catalog.For("b", missed)), Is.Null);

        var answer = _catalog.Sync(Sync("b", ++_sequence, null, copy.Version, servicesVersion: 0) with { TakesChanges = true });
        Assert.That(Take(copy, answer!).Ids(), Is.EqualTo(new[] { 1UL, 2UL }), "the next sync makes it good");
    }

    [Test]
    public void A_change_of_services_that_the_catalog_does_not_have_makes_it_ask_for_all()
    {
        Assert.That(Change("a", 5, [Entry(1, "a")], [])!.ServicesWanted);
        Tell("a", [Entry(1, "a")], null);
        Assert.That(Change("a", 5, [Entry(2, "a")], [])!.ServicesWanted, "it has version 0, and not 4");
        Assert.That(_catalog.Snapshot.Ids(), Is.EqualTo(new[] { 1UL }));
    }

    [Test]
    public void A_gateway_that_cannot_take_changes_gets_the_whole_catalog()
    {
        var known = _catalog.Sync(Sync("old", ++_sequence, [Entry(1, "old")]))!.Version;
        Tell("a", [Entry(2, "a")], null);

        var push = _catalog.For("old", known);

        Assert.That(push.Since, Is.Null);
        Assert.That(push.Ids(), Is.EqualTo(new[] { 1UL, 2UL }));
    }

    private static CatalogSnapshot Take(CatalogSnapshot? copy, CatalogSnapshot? told)
    {
        copy ??= new CatalogSnapshot(default, []);
        return told is null ? copy : told.Since is null ? told : copy.Apply(told)!;
    }

    private CatalogSnapshot? Tell(string gatewayId, IReadOnlyList<CatalogEntry> services, CatalogSnapshot? known) =>
        _catalog.Sync(Sync(gatewayId, ++_sequence, services, known?.Version ?? default, servicesVersion: 0) with
        {
            TakesChanges = true,
            Gateway = Gateway(gatewayId),
        });

    private CatalogSnapshot? Change(string gatewayId, long version, IReadOnlyList<CatalogEntry> services, IReadOnlyList<ulong> gone) =>
        _catalog.Sync(Sync(gatewayId, ++_sequence, null, _catalog.Snapshot.Version, version) with
        {
            TakesChanges = true,
            Gateway = Gateway(gatewayId),
            Changed = new CatalogChange(version - 1, services, gone),
        });
}
