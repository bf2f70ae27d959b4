using Frontier.Protocol;

namespace Frontier.Gateway.Tests;

public class DeadlinesTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Test]
    public void Without_a_callers_deadline_the_gateways_limit_counts()
    {
        var deadline = Deadlines.From(default(GoTime), Limit.Ticks);

        Assert.That(deadline.Remaining, Is.EqualTo(Limit));
        Assert.That(deadline.HasPassed, Is.False);
        Assert.That(deadline.Time.UtcTicks, Is.GreaterThan(DateTime.UtcNow.AddSeconds(20).Ticks).And.LessThanOrEqualTo(DateTime.UtcNow.Add(Limit).Ticks));
    }

    [Test]
    public void An_earlier_callers_deadline_is_kept_and_a_later_one_is_cut()
    {
        var earlier = GoTime.FromUtcTicks(DateTime.UtcNow.AddSeconds(5).Ticks);
        var later = GoTime.FromUtcTicks(DateTime.UtcNow.AddHours(5).Ticks);

        Assert.That(Deadlines.From(earlier, Limit.Ticks).Time, Is.EqualTo(earlier));
        Assert.That(Deadlines.From(later, Limit.Ticks).Time.UtcTicks, Is.LessThan(later.UtcTicks));
        Assert.That(Deadlines.From(later, Limit.Ticks).Remaining, Is.EqualTo(Limit));
    }

    [Test]
    public void A_deadline_that_has_passed_is_seen_as_such()
    {
        Assert.That(Deadlines.From(GoTime.FromUtcTicks(DateTime.UtcNow.AddSeconds(-1).Ticks), Limit.Ticks).HasPassed);
        Assert.That(Deadlines.From(TimeSpan.Zero, Limit.Ticks).HasPassed);
        Assert.That(Deadlines.From(TimeSpan.FromDays(1), Limit.Ticks).Remaining, Is.EqualTo(Limit));
    }
}
