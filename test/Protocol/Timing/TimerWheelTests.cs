using CsCheck;
using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Timing;

[TestFixture]
public sealed class TimerWheelTests
{
    private static long Now => Environment.TickCount64;

    [Test]
    public async Task Every_entry_is_woken_and_none_much_too_early()
    {
        using var wheel = new TimerWheel();
        var entries = Enumerable.Range(0, 5000).Select(_ => new Entry()).ToArray();
        var random = new Random(1);
        foreach (var entry in entries)
        {
            entry.Asked = Now + random.Next(-50, 400);
            wheel.Schedule(entry, entry.Asked);
        }

        await Eventually.True(() => entries.All(entry => entry.Woken == 1), "every entry is woken");
        Assert.That(entries.Select(entry => entry.WokenAt - entry.Asked), Is.All.GreaterThanOrEqualTo(-TimerWheel.ResolutionMilliseconds));
    }

    [Test]
    public async Task An_entry_is_woken_once_for_the_earliest_time_it_asked_for()
    {
        using var wheel = new TimerWheel();
        var entry = new Entry { Asked = Now + 60 };
        wheel.Schedule(entry, Now + 60_000);
        wheel.Schedule(entry, entry.Asked);
        wheel.Schedule(entry, Now + 120_000);
        await Eventually.True(() => entry.Woken == 1, "the entry is woken");
        Assert.That(entry.OwnSlot, Is.Null);
        Assert.That(entry.Due, Is.EqualTo(long.MaxValue));
    }

    [Test]
    public async Task An_entry_can_ask_again_when_it_is_woken()
    {
        using var wheel = new TimerWheel();
        var entry = new Entry();
        entry.WhenWoken = _ =>
        {
            if (entry.Woken < 5)
            {
                wheel.Schedule(entry, Now);
            }
        };
        wheel.Schedule(entry, Now);
        await Eventually.True(() => entry.Woken == 5, "the entry is woken as often as it asks");
    }

    [Test]
    public async Task A_canceled_entry_is_not_woken()
    {
        using var wheel = new TimerWheel();
        var canceled = Enumerable.Range(0, 1000).Select(_ => new Entry()).ToArray();
        var kept = Enumerable.Range(0, 1000).Select(_ => new Entry()).ToArray();
        var due = Now + 300;
        foreach (var (first, second) in canceled.Zip(kept))
        {
            wheel.Schedule(first, due);
            wheel.Schedule(second, due);
        }

        foreach (var entry in canceled)
        {
            TimerWheel.Cancel(entry);
            TimerWheel.Cancel(entry);
        }

        await Eventually.True(() => kept.All(entry => entry.Woken == 1), "those that were not canceled are woken");
        Assert.That(canceled.Select(entry => entry.Woken), Is.All.Zero);
    }

    [Test]
    public async Task A_time_far_beyond_one_turn_of_the_wheel_is_not_due_now()
    {
        using var wheel = new TimerWheel();
        // One whole turn later is the same slot.
        var far = new Entry();
        var near = new Entry();
        var due = Now + 200;
        wheel.Schedule(far, due + (1024L * TimerWheel.ResolutionMilliseconds));
        wheel.Schedule(near, due);
        await Eventually.True(() => near.Woken == 1, "the near one is woken");
        Assert.That(far.Woken, Is.Zero);
        TimerWheel.Cancel(far);
    }

    [Test]
    public async Task Nobody_is_forgotten_when_many_threads_schedule_what_is_due_at_once()
    {
        using var wheel = new TimerWheel();
        var entries = Enumerable.Range(0, 4).Select(_ => new Entry()).ToArray();
        var stop = false;
        var threads = entries.Select(entry => Task.Factory.StartNew(
            () =>
            {
                // Each asks for what is due just as the wheel passes it; a time missed by a slot would come a whole turn later.
                var woken = 0;
                while (!Volatile.Read(ref stop))
                {
                    wheel.Schedule(entry, Now - 5);
                    woken++;
                    Assert.That(
                        SpinWait.SpinUntil(() => entry.Woken >= woken, TimeSpan.FromSeconds(10)), Is.True, "the entry is woken in this turn of the wheel");
                }
            },
            TaskCreationOptions.LongRunning)).ToArray();
        await Eventually.True(() => entries.All(entry => entry.Woken > 60) || threads.Any(thread => thread.IsCompleted), "all are woken many times");
        Volatile.Write(ref stop, true);
        await Task.WhenAll(threads);
    }

    [Test]
    public async Task Concurrent_schedules_and_cancels_leave_the_wheel_sound()
    {
        using var wheel = new TimerWheel();
        var entries = Enumerable.Range(0, 50).Select(_ => new Entry()).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 50_000; i++)
            {
                var entry = entries[random.Next(entries.Length)];
                if (random.Next(3) == 0)
                {
                    TimerWheel.Cancel(entry);
                }
                else
                {
                    wheel.Schedule(entry, Now + random.Next(-20, 500));
                }
            }
        })));
        foreach (var entry in entries)
        {
            TimerWheel.Cancel(entry);
            Assert.That(entry.OwnSlot, Is.Null);
            var woken = entry.Woken;
            wheel.Schedule(entry, Now);
            await Eventually.True(() => entry.Woken > woken, "every entry can still be woken");
        }
    }

    [Test]
    public void A_disposed_wheel_wakes_nobody()
    {
        var entry = new Entry();
        var wheel = new TimerWheel();
        wheel.Dispose();
        Gen.Int[-10, 100].Sample(due => wheel.Schedule(entry, Now + due), iter: 20);
        Assert.That(entry.Woken, Is.Zero);
    }

    private sealed class Entry : TimerWheelEntry
    {
        private int _woken;

        public long Asked { get; set; }

        public long WokenAt { get; private set; }

        public int Woken => Volatile.Read(ref _woken);

        public Action<long>? WhenWoken { get; set; }

        protected internal override void OnTimer(long now)
        {
            WokenAt = now;
            Interlocked.Increment(ref _woken);
            WhenWoken?.Invoke(now);
        }
    }
}
