using System.Text;
using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;
using Frontier.GrainInterfaces;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Topics;

/// <summary>Messages that are kept while nobody is there who takes their topic.</summary>
public sealed class RetentionTests
{
    private TestGateway _gateway = null!;

    [OneTimeSetUp]
    public async Task Start() => _gateway = await TestGateway.StartAsync(
        ("topics:filters", "true"),
        ("topics:retain:0:topic", "kept/small/#"),
        ("topics:retain:0:max_messages", "2"),
        ("topics:retain:1:topic", "kept/#"));

    [OneTimeTearDown]
    public async Task Stop() => await _gateway.DisposeAsync();

    [Test]
    public async Task They_are_delivered_in_order_to_the_service_that_comes([Values("kept/a", "kept/+")] string name)
    {
        var topic = name.Replace('+', 'b');
        await using var edge = await _gateway.ConnectEdgeAsync();
        var custom = new PublishOptions { Custom = "beside"u8.ToArray() };
        for (var i = 0; i < 100; i++)
        {
            await edge.PublishAsync(topic, Encoding.UTF8.GetBytes($"{i}"), custom).InTime(); // Stored.
        }

        await using var service = await _gateway.ConnectServiceAsync(topics: [name]);
        var log = service.KeepMessages();
        await Eventually.HoldsAsync(() => log.Messages.Count == 100, "all have come");
        await edge.PublishAsync(topic, "last"u8.ToArray(), custom).InTime();
        await Eventually.HoldsAsync(() => log.Messages.Count == 101, "the last one has come");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Texts(log), Is.EqualTo(Enumerable.Range(0, 100).Select(i => $"{i}").Append("last")));
            Assert.That(log.Messages.Select(message => (message.Topic, message.EdgeId, Encoding.UTF8.GetString(message.Custom.Span))), Is.All.EqualTo((topic, edge.EdgeId, "beside")));
            Assert.That(log.Messages.Select(message => message.Id), Is.Unique);
            Assert.That(log.Messages.Select(message => message.Id), Is.All.Not.Empty);
        }
    }

    [Test]
    public async Task A_message_whose_receiver_left_with_it_comes_again_with_the_same_id()
    {
        var leaving = await GoPeer.ServiceAsync(_gateway, topics: ["kept/left"]);
        await using var edge = await _gateway.ConnectEdgeAsync();

        var published = edge.PublishAsync("kept/left", "work"u8.ToArray()).AsTask();
        var first = await leaving.TakeAsync(FrameType.Message);
        await leaving.DisposeAsync();
        await published.InTime();

        await using var next = await _gateway.ConnectServiceAsync(topics: ["kept/left"]);
        var again = await next.ReceiveAsync().NextAsync().InTime();
        await again.AckAsync();
        Assert.That(again.Payload.ToArray(), Is.EqualTo("work"u8.ToArray()));
        Assert.That(again.Id, Is.EqualTo(first.Method), "a Go service reads it as the message's key");
    }

    [Test]
    public async Task When_there_is_no_room_for_more_the_edge_is_told()
    {
        await using var edge = await _gateway.ConnectEdgeAsync();
        await edge.PublishAsync("kept/small/a", "1"u8.ToArray()).InTime();
        await edge.PublishAsync("kept/small/a", "2"u8.ToArray()).InTime();
        await Sdk.FailsAsync(FrontierErrorCode.SlowConsumer, "slow consumer", () => edge.PublishAsync("kept/small/a", default).AsTask());
        await edge.PublishAsync("kept/small/b", "1"u8.ToArray()).InTime();

        await using var service = await _gateway.ConnectServiceAsync(topics: ["kept/small/a"]);
        var log = service.KeepMessages();
        await Eventually.HoldsAsync(() => log.Messages.Count == 2, "those that are kept have come");
        await edge.PublishAsync("kept/small/a", "3"u8.ToArray()).InTime();
        await Eventually.HoldsAsync(() => log.Messages.Count == 3, "there is room again");
        Assert.That(Texts(log), Is.EqualTo(new[] { "1", "2", "3" }));
    }

    [Test]
    public async Task What_a_program_publishes_is_kept_as_well()
    {
        await _gateway.Grains.GetTopic("kept/program").PublishAsync(7, new MessageRequest(null, "hello"u8.ToArray())).InTime();

        await using var service = await _gateway.ConnectServiceAsync(topics: ["kept/program"]);
        var message = await service.ReceiveAsync().NextAsync().InTime();
        await message.AckAsync();
        Assert.That((Encoding.UTF8.GetString(message.Payload.Span), message.EdgeId), Is.EqualTo(("hello", 7UL)));
    }

    [Test]
    public async Task Topics_that_are_not_to_be_kept_are_not()
    {
        await using var edge = await _gateway.ConnectEdgeAsync();
        await Sdk.FailsAsync(FrontierErrorCode.TopicNotOnline, "topic not online", () => edge.PublishAsync("lost", default).AsTask());
    }

    [Test]
    public async Task An_edge_cannot_give_its_message_an_id()
    {
        await using var service = await _gateway.ConnectServiceAsync(topics: ["plain"]);
        var received = service.ReceiveAsync().NextAsync();
        await using var edge = await GoPeer.EdgeAsync(_gateway);

        await edge.PostAsync(GoFrame.Data(FrameType.Message, edge.NextPacketId(), method: "an id", topic: "plain"));

        var message = await received.InTime();
        await message.AckAsync();
        Assert.That(message.Id, Is.Empty);
    }

    private static string[] Texts(MessageLog log) => [.. log.Messages.Select(message => Encoding.UTF8.GetString(message.Payload.Span))];
}
