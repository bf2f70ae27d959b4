using Frontier.Grains.Tests.Support;

namespace Frontier.Grains.Tests.Sessions;

/// <summary>Epochs only grow, whatever the clocks say.</summary>
[TestFixture]
internal sealed class EpochClockTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private ManualClock _clock = null!;

    [SetUp]
    public void Create() => _clock = new ManualClock();

    [Test]
    public void A_process_starts_at_its_wall_clock_so_that_a_cluster_that_was_all_down_goes_on_where_it_stopped()
    {
        _clock.Set(DateTimeOffset.UnixEpoch + TimeSpan.FromMicroseconds(1_700_000_000_000_001));

        Assert.That(new EpochClock(_clock).Next(), Is.EqualTo(1_700_000_000_000_001));
    }

    [Test]
    public void A_wall_clock_that_is_set_back_or_forward_changes_nothing()
    {
        var wall = new SettableWallClock();
        var epochs = new EpochClock(wall);
        var first = epochs.Next();

        wall.Offset = -Hour;
        Assert.That(epochs.Next(), Is.EqualTo(first + 1));
        wall.Offset = Hour;
        Assert.That(epochs.Next(), Is.EqualTo(first + 2));
    }

    [Test]
    public void What_a_process_gives_out_is_larger_than_all_that_one_an_hour_ahead_gave_out_until_it_died()
    {
        var clockAhead = new ManualClock();
        clockAhead.Set(_clock.GetUtcNow() + Hour);
        var (ahead, here) = (new EpochClock(clockAhead), new EpochClock(_clock));
        here.See(ahead.Now); // The last that was heard of it, some seconds before its death.

        clockAhead.Advance(TimeSpan.FromSeconds(4));
        var last = ahead.Next();
        _clock.Advance(TimeSpan.FromSeconds(4) + TimeSpan.FromMilliseconds(1)); // Who lost it needs longer to come back than news to travel.

        Assert.That(here.Next(), Is.GreaterThan(last));
    }

    [Test]
    public void A_reading_from_behind_changes_nothing()
    {
        var epochs = new EpochClock(_clock);
        var first = epochs.Next();

        epochs.See(first - 1_000);
        epochs.See(0);

        Assert.That(epochs.Next(), Is.EqualTo(first + 1));
    }

    [Test]
    public void The_reading_shown_to_others_is_not_smaller_than_what_was_given_out_within_one_microsecond()
    {
        var epochs = new EpochClock(_clock);
        var last = 0L;
        for (var i = 0; i < 1_000; i++)
        {
            last = epochs.Next();
        }

        Assert.That(epochs.Now, Is.GreaterThanOrEqualTo(last));
    }

    [Test]
    public void No_epoch_is_given_out_twice_whoever_asks_and_whatever_is_seen_meanwhile()
    {
        var epochs = new EpochClock(TimeProvider.System);
        var given = new System.Collections.Concurrent.ConcurrentBag<long>();
        Parallel.For(0, 8, _ =>
        {
            var last = 0L;
            for (var i = 0; i < 2_000; i++)
            {
                var seen = epochs.Now + (i % 7);
                epochs.See(seen);
                var epoch = epochs.Next();
                Assert.That(epoch, Is.GreaterThan(Math.Max(last, seen)));
                given.Add(last = epoch);
            }
        });

        Assert.That(given.Distinct().Count(), Is.EqualTo(given.Count));
    }

    private sealed class SettableWallClock : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + TimeSpan.FromDays(20_000) + Offset;

        public override long GetTimestamp() => 0;
    }
}
