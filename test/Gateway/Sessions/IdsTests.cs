namespace Frontier.Gateway.Tests;

public class IdsTests
{
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    [TestCase(7)]
    public void Allocated_edge_ids_spread_over_any_number_of_instances(int instances)
    {
        const int Edges = 20_000;
        var counts = new int[instances];
        for (var i = 0; i < Edges; i++)
        {
            counts[Ids.NextEdge() % (ulong)instances]++;
        }

        // Twelve standard deviations of a fair choice: fails for a skewed one, and never by chance.
        var expected = (double)Edges / instances;
        var deviation = Math.Sqrt(expected * (1 - (1.0 / instances)));
        Assert.That(counts, Has.All.InRange(expected - (12 * deviation), expected + (12 * deviation)));
    }

    [Test]
    public void Allocated_service_ids_grow_whoever_asks()
    {
        var ids = new System.Collections.Concurrent.ConcurrentBag<ulong>();
        Parallel.For(0, 8, _ =>
        {
            var last = 0UL;
            for (var i = 0; i < 2_000; i++)
            {
                var id = Ids.NextService(1);
                Assert.That(id, Is.GreaterThan(last));
                last = id;
                ids.Add(id);
            }
        });

        Assert.That(ids.Distinct().Count(), Is.EqualTo(ids.Count));
        Assert.That(ids, Has.None.EqualTo(0UL));
    }
}
