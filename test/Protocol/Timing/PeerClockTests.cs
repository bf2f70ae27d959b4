using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Timing;

/// <summary>What packet ids tell of a peer's clock. Times are in milliseconds, seconds on the peer's clock.</summary>
public class PeerClockTests
{
    private const long Now = 1_000_000;
    private const uint Second = 1_795_397_969;

    // A peer whose second began when this side's monotonic clock stood at Now.
    private const long Offset = (Second * 1000L) - Now;

    private PeerClock _clock;

    [SetUp]
    public void Forget() => _clock = default;

    [Test]
    public void The_frame_that_waited_least_says_how_far_ahead_the_clock_is()
    {
        _clock.NoteRequest(Second, Now + 700);
        _clock.NoteRequest(Second + 1, Now + 1_010);
        _clock.NoteRequest(Second + 2, Now + 9_000);
        Assert.That(_clock.Offset, Is.EqualTo(Offset - 10));
    }

    [Test]
    public void A_frame_is_as_old_as_it_waited_to_the_second()
    {
        _clock.NoteOther(Second, Now);
        _clock.NoteRequest(Second + 40, Now + 40_000);
        _clock.NoteRequest(Second + 41, Now + 101_500);
        Assert.That(_clock.AgeOf(Second + 41, Now + 101_500), Is.EqualTo(59_500));
    }

    [Test]
    public void All_that_came_while_this_side_stood_still_is_old()
    {
        _clock.NoteOther(Second, Now);
        _clock.NoteRequest(Second + 60, Now + 60_000);
        for (uint i = 0; i < 100; i++)
        {
            _clock.NoteRequest(Second + 61 + i, Now + 400_000);
            Assert.That(_clock.AgeOf(Second + 61 + i, Now + 400_000), Is.EqualTo(338_000 - (i * 1000)));
        }
    }

    [Test]
    public void A_clock_that_is_set_back_is_followed_at_once()
    {
        _clock.NoteRequest(Second, Now);
        _clock.NoteRequest(Second + 40, Now + 40_000);
        _clock.NoteRequest(Second - 3_600 + 41, Now + 41_000);
        Assert.That(_clock.Offset, Is.EqualTo(Offset - 3_600_000));
        Assert.That(_clock.AgeOf(Second - 3_600 + 41, Now + 41_000), Is.Zero);
    }

    [Test]
    public void A_message_that_waited_for_room_is_no_clock_that_was_set_back()
    {
        _clock.NoteRequest(Second, Now);
        _clock.NoteRequest(Second + 40, Now + 40_000);
        _clock.NoteMessage(Second + 30, Now + 40_000);
        Assert.That(_clock.Offset, Is.EqualTo(Offset));
        Assert.That(_clock.AgeOf(Second + 30, Now + 40_000), Is.EqualTo(9_000));
    }

    [Test]
    public void A_clock_that_runs_slower_is_followed_within_a_minute()
    {
        for (uint second = 0; second < 100_000; second += 10)
        {
            _clock.NoteOther(Second + second, Now + (second * 1001));
            Assert.That((Offset - second) - _clock.Offset, Is.InRange(-60, 0), "a thousandth slower");
        }
    }

    [Test]
    public void Numbers_that_stand_still_or_tell_no_time_make_nothing_old()
    {
        foreach (var second in new uint[] { 0, 7, Second })
        {
            _clock = default;
            for (var now = Now; now < Now + 400_000; now += 5_000)
            {
                _clock.NoteRequest(second, now);
                Assert.That(_clock.AgeOf(second, now), Is.Zero);
                Assert.That(_clock.Offset, Is.EqualTo((second * 1000L) - Now), "as it was first known");
            }
        }
    }

    [Test]
    public void Random_numbers_never_make_a_request_pass_that_is_in_time_by_the_wall_clock()
    {
        var random = new Random(1);
        var wall = Second * 1000L;
        for (var i = 0; i < 1000; i++)
        {
            _clock.NoteRequest((uint)random.NextInt64(uint.MaxValue), Now + i);
            var due = PeerTime.ToDue(GoTime.FromUnixMilliseconds(wall + 10_000), _clock, wall, Now + i, out _);
            Assert.That(due, Is.Null.Or.GreaterThan(Now + i));
        }
    }

    [Test]
    public void A_deadline_passes_by_the_clock_of_who_wrote_it(
        [Values(0, 40_000, -40_000, 3_600_000, -3_600_000, -1_795_000_000_000)] long ahead, [Values(-100, 5_000, 60_000)] long left)
    {
        var wall = Second * 1000L;
        _clock.NoteRequest((uint)((wall + ahead) / 1000), Now);
        var due = PeerTime.ToDue(GoTime.FromUnixMilliseconds(wall + ahead + left), _clock, wall, Now, out var local);
        Assert.That(due, Is.EqualTo(Now + left));
        Assert.That(local, Is.EqualTo(GoTime.FromUnixMilliseconds(wall + left)));
    }

    [Test]
    public void Where_ids_tell_no_time_a_deadline_in_the_past_is_no_deadline()
    {
        var wall = Second * 1000L;
        _clock.NoteRequest(0, Now);
        Assert.That(PeerTime.ToDue(GoTime.FromUnixMilliseconds(wall - 3_600_000), _clock, wall, Now, out _), Is.Null);
        Assert.That(PeerTime.ToDue(GoTime.FromUnixMilliseconds(wall + 3_000), _clock, wall, Now, out _), Is.EqualTo(Now + 3_000));
    }

    [Test]
    public void A_deadline_of_years_ago_has_passed()
    {
        var wall = Second * 1000L;
        _clock.NoteRequest(Second, Now);
        Assert.That(PeerTime.ToDue(Times.Parse("2020-01-01T00:00:00Z"), _clock, wall, Now, out _), Is.LessThan(Now));
    }

    [Test]
    public void Clocks_that_agree_leave_every_digit_as_it_was()
    {
        var wall = Second * 1000L;
        var deadline = Times.Parse("2026-11-23T01:39:39.081055867Z");
        _clock.NoteRequest(Second, Now + 900);
        Assert.That(PeerTime.ToDue(deadline, _clock, wall + 900, Now + 900, out var local), Is.Not.Null);
        Assert.That(local, Is.EqualTo(deadline));
        Assert.That(PeerTime.ShiftFor(_clock, wall + 900, Now + 900), Is.Zero);
    }
}
