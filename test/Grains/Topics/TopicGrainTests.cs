using System.Buffers.Binary;
using Frontier.Grains.Tests.Support;
using static Frontier.Grains.Tests.FrontierCluster;

namespace Frontier.Grains.Tests.Topics;

/// <summary>Delivery of edges' messages to the services that take a topic.</summary>
[TestFixture]
internal sealed class TopicGrainTests
{
    private string _name = null!;
    private ITopicGrain _topic = null!;

    [SetUp]
    public void Create()
    {
        _name = $"topic-{NextId()}";
        _topic = Elsewhere.GetTopic(_name);
    }

    [Test]
    public async Task Message_reaches_the_service_chosen_by_edge_id_with_the_edge_id_behind_the_edges_custom()
    {
        var first = await SubscribeAsync(GatewayA);
        var second = await SubscribeAsync(GatewayB);

        await _topic.PublishAsync(3, new MessageRequest(null, new byte[] { 1 }, new byte[] { 0xAA, 0xBB }, TimeSpan.FromSeconds(3)));

        Assert.That(first.Messages, Is.Empty);
        var message = second.Messages.Single();
        Assert.That(message.Topic, Is.EqualTo(_name));
        Assert.That(message.Payload.ToArray(), Is.EqualTo(new byte[] { 1 }));
        Assert.That(message.Timeout, Is.EqualTo(TimeSpan.FromSeconds(3)));
        Assert.That(message.Custom.Length, Is.EqualTo(10));
        Assert.That(message.Custom[..2].ToArray(), Is.EqualTo(new byte[] { 0xAA, 0xBB }));
        Assert.That(BinaryPrimitives.ReadUInt64BigEndian(message.Custom.Span[2..]), Is.EqualTo(3UL));
    }

    [Test]
    public async Task Subscriber_that_is_gone_is_dropped_and_the_next_one_gets_the_message()
    {
        var gone = await SubscribeAsync(GatewayA);
        var next = await SubscribeAsync(GatewayB);
        await GatewayA.LogOutServiceAsync(gone);

        await _topic.PublishAsync(2, new MessageRequest(_name, default));

        Assert.That(next.Messages, Has.Count.EqualTo(1));
        Assert.That(gone.Messages, Is.Empty);
        Assert.That(await _topic.DescribeAsync(), Is.EqualTo(new[] { new TopicSubscription(next.Id, next.Epoch) }));
    }

    [Test]
    public async Task Message_goes_to_another_subscriber_when_the_first_one_leaves_with_it()
    {
        var leaving = await SubscribeAsync(GatewayA);
        var next = await SubscribeAsync(GatewayB);
        leaving.OnMessage = (_, _) => Task.FromException(new FrontierException(FrontierErrorCode.ConnectionLost));

        await _topic.PublishAsync(2, new MessageRequest(_name, new byte[] { 1 }));

        Assert.That(leaving.Messages, Has.Count.EqualTo(1));
        Assert.That(next.Messages.Single().Payload.ToArray(), Is.EqualTo(new byte[] { 1 }));
    }

    [Test]
    public async Task Message_that_every_subscriber_left_with_is_lost_and_its_sender_is_told()
    {
        var only = await SubscribeAsync(GatewayA);
        only.OnMessage = (_, _) => Task.FromException(new FrontierException(FrontierErrorCode.ConnectionLost));

        var error = await Assert.ThrowsAsync<FrontierException>(() => _topic.PublishAsync(2, new MessageRequest(_name, default)));

        Assert.That(error!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
    }

    [TestCase(FrontierErrorCode.Timeout)]
    [TestCase(FrontierErrorCode.Unknown)]
    public async Task Message_that_may_have_been_delivered_is_not_delivered_again(FrontierErrorCode code)
    {
        var first = await SubscribeAsync(GatewayA);
        var second = await SubscribeAsync(GatewayB);
        first.OnMessage = (_, _) => Task.FromException(new FrontierException(code));

        var error = await Assert.ThrowsAsync<FrontierException>(() => _topic.PublishAsync(2, new MessageRequest(_name, default)));

        Assert.That(error!.Code, Is.EqualTo(code));
        Assert.That(first.Messages, Has.Count.EqualTo(1));
        Assert.That(second.Messages, Is.Empty);
        Assert.That(await _topic.DescribeAsync(), Has.Count.EqualTo(2), "the subscriber is still there");
    }

    [Test]
    public async Task Topic_without_subscribers_is_an_error()
    {
        var never = await Assert.ThrowsAsync<FrontierException>(() => _topic.PublishAsync(1, new MessageRequest(_name, default)));
        var link = await SubscribeAsync(GatewayA);
        await GatewayA.LogOutServiceAsync(link);
        var notAnyMore = await Assert.ThrowsAsync<FrontierException>(() => _topic.PublishAsync(1, new MessageRequest(_name, default)));

        Assert.That((never!.Code, never.Message), Is.EqualTo((FrontierErrorCode.TopicNotOnline, "topic not online")));
        Assert.That(notAnyMore!.Code, Is.EqualTo(FrontierErrorCode.TopicNotOnline));
    }

    [Test]
    public async Task Slow_subscriber_delays_nobody_elses_messages()
    {
        var slow = await SubscribeAsync(GatewayA);
        var quick = await SubscribeAsync(GatewayB);
        var acknowledged = new TaskCompletionSource();
        slow.OnMessage = (_, _) => acknowledged.Task;
        var waiting = _topic.PublishAsync(2, new MessageRequest(_name, default));
        await Eventually.HoldsAsync(() => slow.Messages.Count == 1, "the message reaches the slow subscriber");

        await _topic.PublishAsync(3, new MessageRequest(_name, default)).InTime();

        Assert.That(quick.Messages, Has.Count.EqualTo(1));
        Assert.That(waiting.IsCompleted, Is.False);
        acknowledged.SetResult();
        await waiting.InTime();
    }

    [Test]
    public async Task Late_unsubscribe_of_an_older_session_is_ignored()
    {
        await _topic.SubscribeAsync(new TopicSubscription(7, 100));
        await _topic.SubscribeAsync(new TopicSubscription(7, 101));

        await _topic.UnsubscribeAsync(7, 100);

        Assert.That(await _topic.DescribeAsync(), Is.EqualTo(new[] { new TopicSubscription(7, 101) }));
    }

    [Test]
    public async Task Topic_that_nobody_takes_costs_no_activation()
    {
        await _topic.SubscribeAsync(new TopicSubscription(7, 100));
        Assert.That(IsActive(_topic), Is.True);

        await _topic.UnsubscribeAsync(7, 100);
        await Eventually.HoldsAsync(() => !IsActive(_topic), "the grain is gone after the last subscriber");

        Assert.That(await _topic.DescribeAsync(), Is.Empty);
        await Eventually.HoldsAsync(() => !IsActive(_topic), "the grain is gone after being asked in vain");
    }

    // Ids grow, so the first to subscribe stands first in the topic's order.
    private async Task<FakeLink> SubscribeAsync(FakeGateway gateway)
    {
        var link = await gateway.LogInServiceAsync(NextId());
        await _topic.SubscribeAsync(new TopicSubscription(link.Id, link.Epoch));
        return link;
    }
}
