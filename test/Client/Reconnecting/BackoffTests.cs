namespace Frontier.Client.Tests;

public sealed class BackoffTests
{
    private static readonly ReconnectOptions Options = new() { InitialDelay = TimeSpan.FromSeconds(1), MaxDelay = TimeSpan.FromSeconds(10) };

    [TestCase(0.0, new[] { 0, 1000, 2000, 4000, 5000, 5000 })]
    [TestCase(0.5, new[] { 500, 1500, 3000, 6000, 7500, 7500 })]
    public void Waits_double_up_to_the_limit_and_are_at_least_half_of_it_but_for_the_first(double random, int[] milliseconds)
    {
        var backoff = new Backoff(Options, () => random);
        Assert.That(milliseconds.Select(_ => (int)backoff.Next().TotalMilliseconds), Is.EqualTo(milliseconds));
    }

    [Test]
    public void Many_tries_never_exceed_the_limit()
    {
        var backoff = new Backoff(Options, () => 0.999);
        Assert.That(Enumerable.Range(0, 200).Select(_ => backoff.Next()), Is.All.LessThanOrEqualTo(Options.MaxDelay));
    }

    [Test]
    public void A_try_without_a_wait_counts_and_a_connection_that_held_begins_anew()
    {
        var backoff = new Backoff(Options, () => 0);
        backoff.Skip();
        Assert.That(backoff.IsFresh, Is.False);
        Assert.That(backoff.Next(), Is.EqualTo(TimeSpan.FromSeconds(1)));
        backoff.Reset();
        Assert.That(backoff.IsFresh);
        Assert.That(backoff.Next(), Is.EqualTo(TimeSpan.Zero));
    }
}
