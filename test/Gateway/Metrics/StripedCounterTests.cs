namespace Frontier.Gateway.Tests;

public class StripedCounterTests
{
    [Test]
    public void No_count_is_lost_among_threads()
    {
        var counter = new StripedCounter();

        Parallel.For(0, 100_000, i => counter.Add(i % 3));

        Assert.That(counter.Value, Is.EqualTo(Enumerable.Range(0, 100_000).Sum(i => i % 3)));
    }
}
