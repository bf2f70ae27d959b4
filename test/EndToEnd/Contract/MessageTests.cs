using System.Buffers.Binary;
using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;

namespace Frontier.EndToEnd.Tests.Contract;

/// <summary>Messages between edges and services, in both directions.</summary>
[TestFixture(Ends.Extended)]
[TestFixture(Ends.Plain)]
[TestFixture(Ends.PlainEdge)]
[TestFixture(Ends.PlainService)]
public sealed class MessageTests(Ends ends) : EndsFixture(ends)
{
    private FrontierService _service = null!;
    private FrontierEdge _edge = null!;

    private static TestGateway Gateway => SharedGateway.Gateway;

    [SetUp]
    public async Task Connect()
    {
        _service = await Gateway.ConnectServiceAsync("messages", ["weather", "wetter/größe"]);
        _edge = await Gateway.ConnectEdgeAsync();
    }

    [TearDown]
    public async Task Disconnect()
    {
        await _edge.DisposeAsync();
        await _service.DisposeAsync();
    }

    [Test]
    public async Task An_edges_message_reaches_the_service_that_takes_the_topic([Values("weather", "wetter/größe")] string topic)
    {
        var next = _service.ReceiveAsync().NextAsync();
        var published = _edge.PublishAsync(topic, "rain"u8.ToArray(), new PublishOptions { Custom = "beside"u8.ToArray() }).AsTask();
        var message = await next.InTime();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(message.Topic, Is.EqualTo(topic));
            Assert.That(message.Payload.ToArray(), Is.EqualTo("rain"u8.ToArray()));
            Assert.That(message.Custom.ToArray(), Is.EqualTo("beside"u8.ToArray()));
            Assert.That(message.EdgeId, Is.EqualTo(_edge.EdgeId));
            Assert.That(published.IsCompleted, Is.False, "nobody has acknowledged it");
        }

        await message.AckAsync();
        await published.InTime();
    }

    [Test]
    public async Task A_services_message_reaches_the_edge_with_the_id()
    {
        var next = _edge.ReceiveAsync().NextAsync();
        var published = _service.PublishAsync(_edge.EdgeId, "alarm", "fire"u8.ToArray(), new PublishOptions { Custom = "beside"u8.ToArray() }).AsTask();
        var message = await next.InTime();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(message.Topic, Is.EqualTo("alarm"));
            Assert.That(message.Payload.ToArray(), Is.EqualTo("fire"u8.ToArray()));
            Assert.That(message.Custom.ToArray(), Is.EqualTo("beside"u8.ToArray()));
            Assert.That(published.IsCompleted, Is.False, "nobody has acknowledged it");
        }

        await message.AckAsync();
        await published.InTime();
    }

    [Test]
    public async Task A_receiver_that_fails_a_message_says_why_to_its_sender()
    {
        var atService = _service.ReceiveAsync().NextAsync();
        var up = _edge.PublishAsync("weather", default).AsTask();
        await (await atService.InTime()).FailAsync("not my \"weather\"");
        await Sdk.FailsAsync(FrontierErrorCode.Unknown, "not my \"weather\"", () => up);

        var atEdge = _edge.ReceiveAsync().NextAsync();
        var down = _service.PublishAsync(_edge.EdgeId, "", default).AsTask();
        await (await atEdge.InTime()).FailAsync("not my <weather>");
        await Sdk.FailsAsync(FrontierErrorCode.Unknown, "not my <weather>", () => down);
    }

    [Test]
    public Task A_topic_that_nobody_takes_is_not_online() =>
        Sdk.FailsAsync(FrontierErrorCode.TopicNotOnline, "topic not online", () => _edge.PublishAsync("silence", default).AsTask());

    [Test]
    public Task An_edge_that_is_not_there_is_not_online() =>
        Sdk.FailsAsync(FrontierErrorCode.EdgeNotOnline, "edge not online", () => _service.PublishAsync(404, "", default).AsTask());

    [Test]
    public async Task Messages_of_one_sender_to_one_receiver_keep_their_order()
    {
        const int Count = 500;
        var atService = _service.KeepMessages();
        var atEdge = _edge.KeepMessages();
        var sent = new List<Task>();
        for (var i = 0; i < Count; i++)
        {
            sent.Add(_edge.PublishAsync("weather", BitConverter.GetBytes(i)).AsTask());
            sent.Add(_service.PublishAsync(_edge.EdgeId, "", BitConverter.GetBytes(i)).AsTask());
        }

        await Task.WhenAll(sent).InTime();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(atService.Messages.Select(Number), Is.EqualTo(Enumerable.Range(0, Count)));
            Assert.That(atEdge.Messages.Select(Number), Is.EqualTo(Enumerable.Range(0, Count)));
        }
    }

    private static int Number(FrontierMessage message) => BinaryPrimitives.ReadInt32LittleEndian(message.Payload.Span);
}
