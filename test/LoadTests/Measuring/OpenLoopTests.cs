using System.Diagnostics;

namespace Frontier.Load.Tests;

public sealed class OpenLoopTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Test]
    public async Task Operations_that_a_stalled_server_kept_from_starting_count_with_the_time_they_waited()
    {
        using var loop = new EventLoop("test");
        var driver = new Stalled(loop, new RateSchedule(10_000));
        var started = Stopwatch.GetTimestamp();
        await loop.InvokeAsync(() =>
        {
            driver.Start();
            driver.BeginMeasuring();
        });
        await UntilAsync(() => Stopwatch.GetElapsedTime(started) > TimeSpan.FromMilliseconds(200));
        await loop.InvokeAsync(driver.EndMeasuring);
        using (Assert.EnterMultipleScope())
        {
            // One slot, one operation that is never answered; some 2,000 were meant to start.
            Assert.That(driver.Sent, Is.EqualTo(1));
            Assert.That(driver.Tally.Unsent, Is.GreaterThan(1900));
            Assert.That(driver.Tally.Latency.Max, Is.GreaterThan(190_000_000));
        }

        await loop.InvokeAsync(driver.GiveUp);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(driver.Tally.Errors.ByKind, Is.EquivalentTo(new Dictionary<string, long> { ["not answered when the run ended"] = 1 }));
            Assert.That(driver.Tally.Completed, Is.Zero);
        }
    }

    [Test]
    public async Task An_operation_that_takes_too_long_fails_and_makes_room_for_the_next()
    {
        using var loop = new EventLoop("test");
        var driver = new Stalled(loop, schedule: null);
        await loop.InvokeAsync(driver.Start);
        await UntilAsync(() => Volatile.Read(ref driver.Sent) >= 3);
        await loop.InvokeAsync(driver.EndMeasuring);
        Assert.That(driver.Tally.Errors.ByKind.Keys, Is.EquivalentTo(new[] { "no answer in time" }));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(Deadline));
            await Task.Delay(5);
        }
    }

    private sealed class Stalled(EventLoop loop, RateSchedule? schedule) : Driver(loop, SlotCount.Of(1), schedule, TimeSpan.FromSeconds(schedule is null ? 0.01 : 60))
    {
        public int Sent;

        protected override bool TrySend(int slot, uint turn)
        {
            Sent++;
            return true;
        }
    }
}
