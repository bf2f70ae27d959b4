using System.Text;
using Frontier.GrainInterfaces;

namespace Frontier.Gateway.Tests.Listing;

public sealed class SessionListsTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Test]
    public void A_ranking_has_the_first_of_all_and_counts_all()
    {
        var random = new Random(5);
        var sessions = Enumerable.Range(0, 5000).Select(i => Row((ulong)random.NextInt64(1, 10_000_000), seconds: random.Next(100))).DistinctBy(row => row.Id).ToList();
        foreach (var isDescending in new[] { false, true })
        {
            var query = new SessionQuery { Order = SessionOrder.ConnectedAt, IsDescending = isDescending };
            var sorted = sessions.OrderBy(row => row.ConnectedAt).ThenBy(row => row.Id).Select(row => row.Id).ToList();
            if (isDescending)
            {
                sorted.Reverse();
            }

            foreach (var limit in new[] { 0, 1, 77, 100_000 })
            {
                var ranking = SessionLists.Rank(sessions, query, limit);
                using (Assert.EnterMultipleScope())
                {
                    Assert.That(ranking.Count, Is.EqualTo(sessions.Count));
                    Assert.That(ranking.Ids, Is.EqualTo(sorted.Take(limit)));
                    Assert.That(ranking.Times, Has.Length.EqualTo(ranking.Ids.Length));
                    Assert.That(ranking.Texts, Is.Empty);
                }
            }
        }
    }

    [Test]
    public void A_long_meta_is_ordered_by_its_beginning()
    {
        var ranking = SessionLists.Rank([Row(1, label: new string('b', 60_000)), Row(2, label: "a"), Row(3, label: "c")], new SessionQuery { Order = SessionOrder.Label }, 10);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ranking.Ids, Is.EqualTo(new ulong[] { 2, 1, 3 }));
            Assert.That(ranking.Texts[1], Has.Length.LessThan(200));
        }
    }

    [Test]
    public void A_scan_walks_through_everything_once_and_never_splits_those_that_share_a_hash()
    {
        var (one, other) = SameHash();
        List<IListedSession> sessions = [Row(one), Row(other), .. Enumerable.Range(1, 500).Select(i => Row((ulong)i))];
        foreach (var count in new[] { 1, 3, 499, 1000 })
        {
            var met = new List<ulong>();
            uint cursor = 0;
            SessionScan scan;
            do
            {
                scan = SessionLists.Scan(sessions, cursor, count, row => new SessionEntry(row.Id, "", "", "", 0));
                met.AddRange(scan.Entries.Select(entry => entry.SessionId));
                var ids = scan.Entries.Select(entry => entry.SessionId).ToList();
                Assert.That(ids.Contains(one), Is.EqualTo(ids.Contains(other)));
                cursor = ScanHash.Of(met[^1]) + 1;
            }
            while (scan.HasMore);
            Assert.That(met.Order(), Is.EqualTo(sessions.Select(row => row.Id).Order()), $"count {count}");
        }
    }

    [Test]
    public void Names_are_listed_once_with_the_newest_of_their_sessions()
    {
        var names = SessionLists.ListNames([Row(1, seconds: 5, names: ["a", "b"]), Row(2, seconds: 9, names: ["b"])], new SessionQuery(), ListedNames.Methods);
        Assert.That(names, Is.EquivalentTo(new[] { new ListedName("a", Start.AddSeconds(5).UtcTicks), new ListedName("b", Start.AddSeconds(9).UtcTicks) }));
    }

    private static (ulong, ulong) SameHash()
    {
        // A 32-bit hash of so many numbers has equals (the birthday problem: likely from 77,000 on).
        var seen = new Dictionary<uint, ulong>();
        for (var id = 1_000_000UL; ; id++)
        {
            if (!seen.TryAdd(ScanHash.Of(id), id))
            {
                return (seen[ScanHash.Of(id)], id);
            }
        }
    }

    private static ListedRow Row(ulong id, int seconds = 0, string label = "", string[]? names = null) =>
        new ListedRow(id, Encoding.UTF8.GetBytes(label), Start.AddSeconds(seconds), names ?? []);

    private sealed class ListedRow(ulong id, byte[] label, DateTimeOffset connectedAt, string[] names) : IListedSession
    {
        public ulong Id => id;

        public ReadOnlySpan<byte> Label => label;

        public string Address => $"10.0.0.1:{id}";

        public DateTimeOffset ConnectedAt => connectedAt;

        public IReadOnlyList<string> NamesOf(ListedNames kind) => names;
    }
}
