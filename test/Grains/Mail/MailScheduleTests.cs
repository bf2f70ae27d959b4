using Frontier.Grains.Mail;
using Frontier.Grains.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Frontier.Grains.Tests.Mail;

/// <summary>Very many edges are away, and each has messages: one timer for all of them.</summary>
[TestFixture]
internal sealed class MailScheduleTests : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly List<ulong> _woken = [];
    private ManualClock _clock = null!;
    private MailSchedule _schedule = null!;

    [SetUp]
    public void Create()
    {
        _woken.Clear();
        _clock = new ManualClock();
        _schedule = new MailSchedule(_clock, Wake, NullLogger<MailSchedule>.Instance);
    }

    [TearDown]
    public void Dispose() => _schedule.Dispose();

    [Test]
    public async Task Only_the_boxes_that_are_due_are_woken_in_order_and_once()
    {
        for (ulong edge = 1; edge <= 100; edge++)
        {
            _schedule.Plan(edge, _clock.GetUtcNow() + (edge * Minute));
        }

        await _schedule.TickAsync();
        Assert.That(_woken, Is.Empty);

        _clock.Advance(70 * Minute);
        await _schedule.TickAsync();
        await _schedule.TickAsync();
        Assert.That(_woken, Is.EqualTo(Enumerable.Range(1, 70).Select(edge => (ulong)edge)));
    }

    [Test]
    public async Task A_later_plan_replaces_an_earlier_one_and_never_means_never()
    {
        _schedule.Plan(1, _clock.GetUtcNow() + Minute);
        _schedule.Plan(1, _clock.GetUtcNow() + (2 * Minute));
        _schedule.Plan(2, _clock.GetUtcNow() + Minute);
        Assert.That((_schedule.IsPlanned("1"), _schedule.IsPlanned("2"), _schedule.IsPlanned("3")), Is.EqualTo((true, true, false)));
        _schedule.Plan(2, DateTimeOffset.MaxValue);

        _clock.Advance(Minute);
        await _schedule.TickAsync();
        Assert.That(_woken, Is.Empty);
        Assert.That(_schedule.IsPlanned("2"), Is.False);

        _clock.Advance(Minute);
        await _schedule.TickAsync();
        Assert.That(_woken, Is.EqualTo(new[] { 1UL }));
    }

    [Test]
    public async Task A_grain_that_cannot_be_woken_keeps_nobody_else_from_it()
    {
        _schedule.Plan(0, _clock.GetUtcNow());
        _schedule.Plan(1, _clock.GetUtcNow());

        await _schedule.TickAsync();

        Assert.That(_woken, Is.EqualTo(new[] { 1UL }));
    }

    [Test]
    public void However_many_boxes_are_planned_there_is_one_timer_and_it_wakes_what_is_due()
    {
        var timers = Timer.ActiveCount;
        for (ulong edge = 1; edge <= 10_000; edge++)
        {
            _schedule.Plan(edge, _clock.GetUtcNow() + Minute);
        }

        Assert.That(Timer.ActiveCount - timers, Is.LessThan(1_000), "others in this process may have some");
        _clock.Advance(Minute);
        Assert.That(() => _woken.Count, Is.EqualTo(10_000).After(30_000, 10));
    }

    private Task Wake(ulong edgeId)
    {
        if (edgeId == 0)
        {
            throw new FrontierException(FrontierErrorCode.ConnectionLost);
        }

        lock (_woken)
        {
            _woken.Add(edgeId);
        }

        return Task.CompletedTask;
    }
}
