using Frontier.Grains.Catalog;
using Frontier.Grains.Tests.Support;

namespace Frontier.Grains.Tests.Catalog;

/// <summary>Pushes to one observer.</summary>
[TestFixture]
internal sealed class CatalogFeedTests
{
    private RecordingObserver _observer = null!;
    private List<Exception> _failures = null!;
    private CatalogFeed _feed = null!;

    [SetUp]
    public void Create()
    {
        _observer = new RecordingObserver();
        _failures = [];
        _feed = new CatalogFeed(_observer, () => { }, (_, exception) => _failures.Add(exception));
    }

    [Test]
    public void One_push_is_under_way_at_a_time_and_the_next_one_is_the_newest()
    {
        var taken = _observer.Hold();
        _feed.Offer(Snapshot(1));
        _feed.Offer(Snapshot(2));
        _feed.Offer(Snapshot(3));
        Assert.That(_observer.Numbers, Is.EqualTo(new[] { 1L }));

        taken.SetResult();

        Assert.That(_observer.Numbers, Is.EqualTo(new[] { 1L, 3L }));
    }

    [Test]
    public void Same_snapshot_is_pushed_once()
    {
        _feed.Offer(Snapshot(1));
        _feed.Offer(Snapshot(1));
        _feed.Offer(Snapshot(2));

        Assert.That(_observer.Numbers, Is.EqualTo(new[] { 1L, 2L }));
    }

    [Test]
    public void Nothing_is_pushed_after_a_push_that_failed()
    {
        var taken = _observer.Hold();
        _feed.Offer(Snapshot(1));
        _feed.Offer(Snapshot(2));

        taken.SetException(new TimeoutException());
        _feed.Offer(Snapshot(3));

        Assert.That(_failures, Has.Count.EqualTo(1).And.All.InstanceOf<TimeoutException>());
        Assert.That(_observer.Numbers, Is.EqualTo(new[] { 1L }));
    }

    [Test]
    public void Nothing_waits_behind_the_push_under_way_of_a_feed_that_was_stopped()
    {
        var taken = _observer.Hold();
        _feed.Offer(Snapshot(1));
        _feed.Offer(Snapshot(2));

        _feed.Stop();
        taken.SetResult();

        Assert.That(_observer.Numbers, Is.EqualTo(new[] { 1L }));
    }

    private static CatalogSnapshot Snapshot(long number) => new(new CatalogVersion(1, number), []);
}
