using System.Text;
using Frontier.EndToEnd.Tests.Support;
using Frontier.GrainInterfaces;

namespace Frontier.EndToEnd.Tests.Topics;

/// <summary>Who receives a topic when filters, groups and fan-out are allowed.</summary>
public sealed class TopicSharingTests
{
    private TestGateway _gateway = null!;

    [OneTimeSetUp]
    public async Task Start() =>
        _gateway = await TestGateway.StartAsync(("topics:filters", "true"), ("topics:groups", "true"), ("topics:fanout:0", "news/#"));

    [OneTimeTearDown]
    public async Task Stop() => await _gateway.DisposeAsync();

    [Test]
    public async Task A_filter_takes_the_topics_that_it_matches_and_no_others()
    {
        await using var service = await _gateway.ConnectServiceAsync(topics: ["plant/+/temperature", "log/#"]);
        var log = service.KeepMessages();
        await using var edge = await _gateway.ConnectEdgeAsync();
        string[] taken = ["plant/7/temperature", "plant//temperature", "log", "log/a/b", "plant/7/temperature"];

        foreach (var topic in taken)
        {
            await edge.PublishAsync(topic, default).InTime();
        }

        foreach (var topic in new[] { "plant/7/8/temperature", "plant/7", "logs", "plant/+/humidity" })
        {
            await Sdk.FailsAsync(FrontierErrorCode.TopicNotOnline, "topic not online", () => edge.PublishAsync(topic, default).AsTask());
        }

        Assert.That(log.Messages.Select(message => message.Topic), Is.EqualTo(taken));
        Assert.That(log.Messages.Select(message => message.EdgeId), Is.All.EqualTo(edge.EdgeId));
    }

    [Test]
    public async Task Services_that_take_a_topic_by_its_name_and_by_a_filter_share_it_by_edge_id()
    {
        await using var named = await _gateway.ConnectServiceAsync(topics: ["shared/a"], id: 101);
        await using var filtering = await _gateway.ConnectServiceAsync(topics: ["shared/+", "shared/#"], id: 102);
        var (atNamed, atFiltering) = (named.KeepMessages(), filtering.KeepMessages());
        await using var even = await _gateway.ConnectEdgeAsync(id: 1000);
        await using var odd = await _gateway.ConnectEdgeAsync(id: 1001);

        await even.PublishAsync("shared/a", "even"u8.ToArray()).InTime();
        await odd.PublishAsync("shared/a", "odd"u8.ToArray()).InTime();

        Assert.That(Texts(atNamed), Is.EqualTo(new[] { "even" }));
        Assert.That(Texts(atFiltering), Is.EqualTo(new[] { "odd" }));
    }

    [Test]
    public async Task All_who_take_a_topic_that_is_fanned_out_receive_it_and_the_edge_hears_when_all_have()
    {
        await using var quick = await _gateway.ConnectServiceAsync(topics: ["news/today"]);
        await using var slow = await _gateway.ConnectServiceAsync(topics: ["news/+"]);
        var atQuick = quick.KeepMessages();
        var atSlow = slow.ReceiveAsync().NextAsync();
        await using var edge = await _gateway.ConnectEdgeAsync();

        var published = edge.PublishAsync("news/today", "rain"u8.ToArray()).AsTask();
        var message = await atSlow.InTime();
        await Eventually.HoldsAsync(() => atQuick.Messages.Count == 1, "the quick one has it");
        Assert.That(published.IsCompleted, Is.False, "the slow one has not acknowledged it");
        await message.AckAsync();

        await published.InTime();
        Assert.That(Texts(atQuick), Is.EqualTo(new[] { "rain" }));
        Assert.That((message.Topic, message.EdgeId), Is.EqualTo(("news/today", edge.EdgeId)));
    }

    [Test]
    public async Task A_receiver_of_a_fanned_out_topic_that_fails_the_message_says_why_to_the_edge()
    {
        await using var content = await _gateway.ConnectServiceAsync(topics: ["news/local"]);
        await using var critical = await _gateway.ConnectServiceAsync(topics: ["news/local"]);
        var log = content.KeepMessages();
        var atCritical = critical.ReceiveAsync().NextAsync();
        await using var edge = await _gateway.ConnectEdgeAsync();

        var published = edge.PublishAsync("news/local", default).AsTask();
        await (await atCritical.InTime()).FailAsync("no news at all");

        await Sdk.FailsAsync(FrontierErrorCode.Unknown, "no news at all", () => published);
        Assert.That(log.Messages, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_receiver_of_a_fanned_out_topic_that_leaves_does_not_count()
    {
        await using var staying = await _gateway.ConnectServiceAsync(topics: ["news/abroad"]);
        var log = staying.KeepMessages();
        var leaving = await GoPeer.ServiceAsync(_gateway, topics: ["news/abroad"]);
        await using var edge = await _gateway.ConnectEdgeAsync();

        var published = edge.PublishAsync("news/abroad", default).AsTask();
        await leaving.TakeAsync(Protocol.FrameType.Message);
        await leaving.DisposeAsync();

        await published.InTime();
        Assert.That(log.Messages, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Each_group_gets_a_message_and_one_of_its_members_does()
    {
        await using var plain = await _gateway.ConnectServiceAsync(topics: ["orders/new"]);
        await using var billing = await _gateway.ConnectServiceAsync(topics: ["$share/billing/orders/#"]);
        await using var audit1 = await _gateway.ConnectServiceAsync(topics: ["$share/audit/orders/new"], id: 201);
        await using var audit2 = await _gateway.ConnectServiceAsync(topics: ["$share/audit/orders/+"], id: 202);
        MessageLog[] logs = [plain.KeepMessages(), billing.KeepMessages(), audit1.KeepMessages(), audit2.KeepMessages()];
        await using var even = await _gateway.ConnectEdgeAsync(id: 2000);
        await using var odd = await _gateway.ConnectEdgeAsync(id: 2001);

        await even.PublishAsync("orders/new", "even"u8.ToArray()).InTime();
        await odd.PublishAsync("orders/new", "odd"u8.ToArray()).InTime();

        Assert.That(Texts(logs[0]), Is.EqualTo(new[] { "even", "odd" }));
        Assert.That(Texts(logs[1]), Is.EqualTo(new[] { "even", "odd" }));
        Assert.That(Texts(logs[2]), Is.EqualTo(new[] { "even" }));
        Assert.That(Texts(logs[3]), Is.EqualTo(new[] { "odd" }));
    }

    [Test]
    public async Task A_program_with_grains_reaches_those_who_take_a_topic_by_a_filter_and_in_a_group()
    {
        await using var filtering = await _gateway.ConnectServiceAsync(topics: ["grain/+"]);
        await using var member = await _gateway.ConnectServiceAsync(topics: ["$share/g/grain/#"]);
        var (atFiltering, atMember) = (filtering.KeepMessages(), member.KeepMessages());

        await _gateway.Grains.GetTopic("grain/a").PublishAsync(7, new MessageRequest(null, "hello"u8.ToArray())).InTime();

        Assert.That(Texts(atFiltering), Is.EqualTo(new[] { "hello" }));
        Assert.That(Texts(atMember), Is.EqualTo(new[] { "hello" }));
        Assert.That(atMember.Messages.Single().EdgeId, Is.EqualTo(7UL));
    }

    [TestCase("a/#/b", "# can only be the last level")]
    [TestCase("a/b+", "+ and # stand for whole levels")]
    [TestCase("$share//a", "a group is taken part in as $share/GROUP/TOPIC")]
    public async Task A_service_whose_topic_is_not_a_filter_or_a_group_is_turned_away_with_the_reason(string topic, string reason)
    {
        var error = await Sdk.CatchAsync(async () => await _gateway.ConnectServiceAsync(topics: [topic]));

        Assert.That(error.Code, Is.EqualTo(FrontierErrorCode.Refused));
        Assert.That(error.Message, Does.Contain(reason));
    }

    private static string[] Texts(MessageLog log) => [.. log.Messages.Select(message => Encoding.UTF8.GetString(message.Payload.Span))];
}
