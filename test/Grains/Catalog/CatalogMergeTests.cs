using Frontier.Grains.Catalog;
using static Frontier.Grains.Tests.Catalog.Entries;

namespace Frontier.Grains.Tests.Catalog;

/// <summary>How the gateways' lists become one.</summary>
[TestFixture]
internal sealed class CatalogMergeTests
{
    [Test]
    public void Services_are_ordered_by_unsigned_id()
    {
        var merged = CatalogMerge.Merge([Entry(ulong.MaxValue, "a"), Entry(2, "b"), Entry(1, "a")]);

        Assert.That(merged.Select(entry => entry.ServiceId), Is.EqualTo(new ulong[] { 1, 2, ulong.MaxValue }));
    }

    [Test]
    public void Later_session_of_an_id_comes_first_whatever_order_they_come_in()
    {
        CatalogEntry older = Entry(1, "a", epoch: 10), newer = Entry(1, "b", epoch: 11);

        Assert.That(CatalogMerge.Merge([older, newer]), Is.EqualTo(new[] { newer, older }));
        Assert.That(CatalogMerge.Merge([newer, older]), Is.EqualTo(new[] { newer, older }));
    }

    [Test]
    public void Tie_is_broken_the_same_way_whatever_order_they_come_in()
    {
        CatalogEntry a = Entry(1, "a"), b = Entry(1, "b");

        Assert.That(CatalogMerge.Merge([a, b]), Is.EqualTo(CatalogMerge.Merge([b, a])));
    }

    [Test]
    public void Lists_are_compared_by_what_they_say()
    {
        CatalogEntry[] list = [Entry(1, "a", 1, "charge", "refund")];

        Assert.That(CatalogMerge.AreSame(list, [Entry(1, "a", 1, "charge", "refund")]), Is.True);
        Assert.That(CatalogMerge.AreSame(list, [Entry(1, "a", 1, "charge")]), Is.False);
        Assert.That(CatalogMerge.AreSame(list, [Entry(1, "a", 2, "charge", "refund")]), Is.False);
        Assert.That(CatalogMerge.AreSame(list, [Entry(1, "b", 1, "charge", "refund")]), Is.False);
        Assert.That(CatalogMerge.AreSame(list, [list[0] with { Name = "other" }]), Is.False);
        Assert.That(CatalogMerge.AreSame(list, [list[0] with { Topics = [] }]), Is.False);
        Assert.That(CatalogMerge.AreSame(list, []), Is.False);
    }
}
