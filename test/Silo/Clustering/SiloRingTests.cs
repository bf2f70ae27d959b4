using System.Net;

namespace Frontier.Silo.Tests;

public sealed class SiloRingTests
{
    [TestCase(3)]
    [TestCase(10)]
    public void Each_process_is_watched_by_two_others(int count)
    {
        var silos = Enumerable.Range(0, count).Select(i => SiloAddress.New(IPAddress.Loopback, 11111 + i, 1)).ToArray();

        var watched = silos.SelectMany(silo =>
        {
            var ring = SiloRing.From(silo, silos, 2);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(ring.Watched, Has.None.EqualTo(silo));
                Assert.That(ring.Others, Is.EquivalentTo(silos.Where(other => !other.Equals(silo))));
            }

            return ring.Watched;
        });

        Assert.That(watched.GroupBy(silo => silo).Select(group => group.Count()), Is.EqualTo(Enumerable.Repeat(2, count)));
    }

    [Test]
    public void Two_processes_watch_each_other_and_one_watches_nobody()
    {
        SiloAddress[] silos = [SiloAddress.New(IPAddress.Loopback, 1, 1), SiloAddress.New(IPAddress.Loopback, 2, 1)];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(SiloRing.From(silos[0], silos, 2).Watched, Is.EqualTo(new[] { silos[1] }));
            Assert.That(SiloRing.From(silos[1], silos, 2).Watched, Is.EqualTo(new[] { silos[0] }));
            Assert.That(SiloRing.From(silos[0], silos[..1], 2).Watched, Is.Empty);
        }
    }
}
