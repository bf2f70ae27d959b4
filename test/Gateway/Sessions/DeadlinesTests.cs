namespace Frontier.Gateway.Tests;

public class DeadlinesTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Test]
    public void Without_a_callers_deadline_the_gateways_limit_counts()
    {
        var deadline = Deadlines.From(0, Limit);

        Assert.That(deadline.Due - deadline.Now, Is.EqualTo(30_000));
        Assert.That(deadline.HasPassed, Is.False);
    }

    [Test]
    public void An_earlier_callers_deadline_is_kept_and_a_later_one_is_cut()
    {
        var now = Environment.TickCount64;

        Assert.That(Deadlines.From(now + 5_000, Limit).Due, Is.EqualTo(now + 5_000));
        var cut = Deadlines.From(now + 5_000_000, Limit);
        Assert.That(cut.Due - cut.Now, Is.EqualTo(30_000));
    }

    [Test]
    public void What_has_passed_is_known_to_have()
    {
        Assert.That(Deadlines.From(Environment.TickCount64 - 1, Limit).HasPassed);
        Assert.That(Deadlines.From(TimeSpan.Zero, Limit).HasPassed);
        var cut = Deadlines.From(TimeSpan.FromDays(1), Limit);
        Assert.That(cut.Due - cut.Now, Is.EqualTo(30_000));
    }
}
