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
    private long _newest;

    [SetUp]
    public void Create()
    {
        _observer = new RecordingObserver();
        _failures = [];
        _feed = new CatalogFeed(_observer, _ => new CatalogSnapshot(new CatalogVersion(1, _newest), []), () => { }, (_, exception) => _failures.Add(exception));
    }

    [Test]
    public void One_push_is_under_way_at_a_time_and_the_next_one_is_the_newest()
    {
        var taken = _observer.Hold();
        Offer(1);
        Offer(2);
        Offer(3);
        Assert.That(_observer.Numbers, Is.EqualTo(new[] { 1L }));

        taken.SetResult();

        Assert.That(_observer.Numbers, Is.EqualTo(new[] { 1L, 3L }));
    }

    [Test]
    public void Same_snapshot_is_pushed_once()
    {
        Offer(1);
        Offer(1);
        Offer(2);

        Assert.That(_observer.Numbers, Is.EqualTo(new[] { 1L, 2L }));
    }

    [Test]
    public void Nothing_is_pushed_after_a_push_that_failed()
    {
        var taken = _observer.Hold();
        Offer(1);
        Offer(2);

        taken.SetException(new TimeoutException());
        Offer(3);

        Assert.That(_failures, Has.Count.EqualTo(1).And.All.InstanceOf<TimeoutException>());
        Assert.That(_observer.Numbers, Is.EqualTo(new[] { 1L }));
    }

    [Test]
    public void Nothing_waits_behind_the_push_under_way_of_a_feed_that_was_stopped()
    {
        var taken = _observer.Hold();
        Offer(1);
        Offer(2);

        _feed.Stop();
        taken.SetResult();

        Assert.That(_observer.Numbers, Is.EqualTo(new[] { 1L }));
    }

    private void Offer(long number)
    {
        _newest = number;
        _feed.Offer(new CatalogVersion(1, number));
    }
}
