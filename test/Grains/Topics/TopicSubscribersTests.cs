using Frontier.Grains.Topics;

namespace Frontier.Grains.Tests.Topics;

/// <summary>Who takes a topic, and who is chosen.</summary>
[TestFixture]
internal sealed class TopicSubscribersTests
{
    private readonly TopicSubscribers _subscribers = new();

    [SetUp]
    public void Clear()
    {
        foreach (var subscription in _subscribers.All.ToArray())
        {
            _subscribers.Remove(subscription.ServiceId, subscription.Epoch);
        }
    }

    [Test]
    public void Subscriptions_are_ordered_by_unsigned_service_id_whatever_order_they_came_in()
    {
        foreach (var id in new[] { 5UL, ulong.MaxValue, 1UL, 9UL, 3UL })
        {
            Add(id, 1);
        }

        Assert.That(_subscribers.All.Select(subscription => subscription.ServiceId), Is.EqualTo(new[] { 1UL, 3UL, 5UL, 9UL, ulong.MaxValue }));
    }

    [Test]
    public void Later_session_of_a_service_replaces_its_subscription()
    {
        Add(1, 10);
        Add(1, 11);
        Add(1, 9);

        Assert.That(_subscribers.All, Is.EqualTo(new[] { new TopicSubscription(1, 11) }));
    }

    [Test]
    public void Unsubscribing_by_an_older_session_is_ignored()
    {
        Add(1, 11);

        _subscribers.Remove(1, 10);
        Assert.That(_subscribers.All, Has.Count.EqualTo(1));

        _subscribers.Remove(1, 11);
        Assert.That(_subscribers.All, Is.Empty);
    }

    [Test]
    public void Edge_is_served_by_the_instance_at_its_id_modulo_the_count_and_then_by_those_after_it()
    {
        Add(10, 1);
        Add(20, 1);
        Add(30, 1);

        Assert.That(OrderFor(3), Is.EqualTo(new[] { 10UL, 20UL, 30UL }));
        Assert.That(OrderFor(4), Is.EqualTo(new[] { 20UL, 30UL, 10UL }));
        Assert.That(OrderFor(5), Is.EqualTo(new[] { 30UL, 10UL, 20UL }));
        Assert.That(OrderFor(ulong.MaxValue), Is.EqualTo(new[] { 10UL, 20UL, 30UL }));
    }

    [Test]
    public void Order_for_an_edge_stays_as_it_was_when_the_walk_began()
    {
        Add(10, 1);
        Add(20, 1);
        using var walk = _subscribers.InOrderFor(0).GetEnumerator();
        walk.MoveNext();

        _subscribers.Remove(10, 1);
        Add(15, 1);

        Assert.That(walk.MoveNext(), Is.True);
        Assert.That(walk.Current.ServiceId, Is.EqualTo(20UL));
        Assert.That(walk.MoveNext(), Is.False);
    }

    [Test]
    public void Nobody_is_chosen_where_nobody_subscribed() => Assert.That(OrderFor(1), Is.Empty);

    private void Add(ulong serviceId, long epoch) => _subscribers.Add(new TopicSubscription(serviceId, epoch));

    private ulong[] OrderFor(ulong edgeId) => [.. _subscribers.InOrderFor(edgeId).Select(subscription => subscription.ServiceId)];
}
