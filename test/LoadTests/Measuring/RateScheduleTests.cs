using System.Diagnostics;

namespace Frontier.Load.Tests;

public sealed class RateScheduleTests
{
    [Test]
    public void Operations_are_spaced_evenly()
    {
        var schedule = new RateSchedule(1000);
        schedule.Start(5_000_000);
        var times = new List<long>();
        for (var i = 0; i < 5; i++, schedule.Advance())
        {
            times.Add(schedule.Next - 5_000_000);
        }

        Assert.That(times, Is.EqualTo(Enumerable.Range(0, 5).Select(i => i * Stopwatch.Frequency / 1000)));
    }

    [Test]
    public void Rounding_does_not_add_up()
    {
        var schedule = new RateSchedule(7777);
        schedule.Start(0);
        for (var i = 0; i < 7777 * 60; i++)
        {
            schedule.Advance();
        }

        Assert.That(schedule.Next, Is.EqualTo(60 * Stopwatch.Frequency).Within(1));
    }

    [Test]
    public void Several_schedules_take_turns()
    {
        var second = new RateSchedule(100, phase: 0.5);
        second.Start(0);
        Assert.That(second.Next, Is.EqualTo(Stopwatch.Frequency / 200));
    }

    [TestCase(0)]
    [TestCase(-1)]
    public void There_is_no_schedule_without_a_rate(double rate) =>
        Assert.That(() => new RateSchedule(rate), Throws.TypeOf<ArgumentOutOfRangeException>());
}
