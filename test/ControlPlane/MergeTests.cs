using Frontier.GrainInterfaces;
using Frontier.Silo;

namespace Frontier.ControlPlane.Tests;

public sealed class MergeTests
{
    [Test]
    public void Pages_of_several_gateways_are_those_of_one_sorted_list()
    {
        var random = new Random(3);
        var all = Enumerable.Range(0, 45_000).Select(i => (Gateway: random.Next(3), Time: random.NextInt64(1000), Id: (ulong)i)).ToList();
        foreach (var isDescending in new[] { false, true })
        {
            var sorted = all.OrderBy(session => session.Time).ThenBy(session => session.Id).ToList();
            if (isDescending)
            {
                sorted.Reverse();
            }

            foreach (var window in new[] { new PageWindow(0, 10), new PageWindow(7, 100), new PageWindow(44_990, 100), new PageWindow(90_000, 10), new PageWindow(0, 45_000) })
            {
                var rankings = Enumerable.Range(0, 3).Select(gateway => Ranking([.. sorted.Where(session => session.Gateway == gateway).Take(window.Offset + window.Size)])).ToList();
                var page = RankedMerge.Select(rankings, isDescending, window);
                Assert.That(page, Is.EqualTo(sorted.Skip(window.Offset).Take(window.Size).Select(session => (session.Gateway, session.Id))));
            }
        }
    }

    [Test]
    public void A_walk_over_several_gateways_meets_everybody_once_whatever_each_shows()
    {
        var random = new Random(4);
        var gateways = Enumerable.Range(0, 3)
            .Select(gateway => Enumerable.Range(0, random.Next(1, 400)).Select(_ => (ulong)random.NextInt64(1, 1_000_000)).Distinct().ToList())
            .ToList();
        gateways[1].AddRange(gateways[0].Take(50)); // On the move: on two gateways at once.
        gateways[1] = [.. gateways[1].Distinct()];
        foreach (var count in new[] { 1, 2, 17, 60, 5000 })
        {
            var met = new List<ulong>();
            uint cursor = 0;
            SessionScan scan;
            do
            {
                scan = ScanMerge.Merge([.. gateways.Select(ids => Scan(ids, cursor, count))], count);
                met.AddRange(scan.Entries.Select(entry => entry.SessionId));
                cursor = scan.HasMore ? ScanHash.Of(met[^1]) + 1 : 0;
            }
            while (cursor != 0);
            Assert.That(met.Order(), Is.EqualTo(gateways.SelectMany(ids => ids).Distinct().Order()), $"count {count}");
        }
    }

    private static SessionRanking Ranking(IReadOnlyList<(int Gateway, long Time, ulong Id)> sessions) =>
        new(sessions.Count, [.. sessions.Select(session => session.Id)], [.. sessions.Select(session => session.Time)], []);

    private static SessionScan Scan(List<ulong> ids, uint cursor, int count)
    {
        var rest = ids.Where(id => ScanHash.Of(id) >= cursor).OrderBy(ScanHash.Of).ToList();
        var shown = rest.Count <= count ? rest : [.. rest.TakeWhile(id => ScanHash.Of(id) <= ScanHash.Of(rest[count - 1]))];
        return new SessionScan([.. shown.Select(id => new SessionEntry(id, "g", "", "", 0))], shown.Count < rest.Count);
    }
}
