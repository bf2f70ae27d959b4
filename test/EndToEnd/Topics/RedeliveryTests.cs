using System.Buffers.Binary;
using Frontier.EndToEnd.Tests.Support;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Topics;

/// <summary>A service that leaves before it acknowledged a message.</summary>
[NonParallelizable]
public sealed class RedeliveryTests
{
    private const ulong First = 301;
    private const ulong Second = 302;

    private static ulong _lastEdge = 3000;

    private TestGateway _gateway = null!;

    [OneTimeSetUp]
    public async Task Start() => _gateway = await TestGateway.StartAsync(("topics:groups", "true"));

    [OneTimeTearDown]
    public async Task Stop() => await _gateway.DisposeAsync();

    [Test]
    public async Task Its_message_goes_to_another([Values("jobs", "$share/workers/jobs in a group")] string name, [Values] bool inOrder)
    {
        var topic = name.StartsWith('$') ? "jobs in a group" : name;
        var leaving = await GoPeer.ServiceAsync(_gateway, topics: [name], wantedId: First);
        await using var staying = await _gateway.ConnectServiceAsync(topics: [name], id: Second);
        var log = staying.KeepMessages();
        await using var edge = await _gateway.ConnectEdgeAsync(id: EdgeOfFirst());
        var before = await CountAsync();

        var published = edge.PublishAsync(topic, "work"u8.ToArray(), new Client.PublishOptions { Custom = "beside"u8.ToArray() }).AsTask();
        await leaving.TakeAsync(FrameType.Message);
        Assert.That(log.Messages, Is.Empty);
        if (inOrder)
        {
            await leaving.CloseAsync();
        }

        await leaving.DisposeAsync();

        await published.InTime();
        var message = log.Messages.Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(message.Topic, Is.EqualTo(topic));
            Assert.That(message.Payload.ToArray(), Is.EqualTo("work"u8.ToArray()));
            Assert.That(message.Custom.ToArray(), Is.EqualTo("beside"u8.ToArray()));
            Assert.That(message.EdgeId, Is.EqualTo(edge.EdgeId));
        }

        await Eventually.HoldsAsync(async () => await CountAsync() == before + 1, "it is counted once");
    }

    [Test]
    public async Task Its_messages_keep_their_order()
    {
        const int Count = 200;
        const int Window = 32;
        var leaving = await GoPeer.ServiceAsync(_gateway, topics: ["ordered"], wantedId: First);
        await using var staying = await _gateway.ConnectServiceAsync(topics: ["ordered"], id: Second);
        var log = staying.KeepMessages();
        await using var edge = await _gateway.ConnectEdgeAsync(id: EdgeOfFirst());

        Task[] published = [.. Enumerable.Range(0, Count).Select(i => edge.PublishAsync("ordered", BitConverter.GetBytes(i)).AsTask())];
        for (var i = 0; i < Window; i++)
        {
            await leaving.TakeAsync(FrameType.Message); // The others wait at the gateway.
        }

        await leaving.DisposeAsync();

        await Task.WhenAll(published).InTime();
        Assert.That(log.Messages.Select(message => BinaryPrimitives.ReadInt32LittleEndian(message.Payload.Span)), Is.EqualTo(Enumerable.Range(0, Count)));
    }

    [Test]
    public async Task What_it_acknowledged_goes_to_nobody_else()
    {
        var leaving = await GoPeer.ServiceAsync(_gateway, topics: ["done"], wantedId: First);
        leaving.OnMessage = message => GoPeer.Acknowledge(message);
        await using var staying = await _gateway.ConnectServiceAsync(topics: ["done"], id: Second);
        var log = staying.KeepMessages();
        await using var edge = await _gateway.ConnectEdgeAsync(id: EdgeOfFirst());

        await edge.PublishAsync("done", "1"u8.ToArray()).InTime();
        await leaving.DisposeAsync();
        await Eventually.HoldsAsync(
            async () =>
            {
                await edge.PublishAsync("done", "2"u8.ToArray()).InTime();
                return log.Messages.Count > 0;
            },
            "messages go to the one who stays");

        Assert.That(log.Messages.Select(message => message.Payload.Span[0]), Is.All.EqualTo((byte)'2'));
    }

    [Test]
    public async Task What_a_service_refuses_because_yet_another_service_is_gone_is_not_taken_for_its_own_leaving()
    {
        await using var refusing = await GoPeer.ServiceAsync(_gateway, topics: ["passed on"], wantedId: First);
        refusing.OnMessage = message => GoPeer.Acknowledge(message, "service not online");
        await using var other = await _gateway.ConnectServiceAsync(topics: ["passed on"], id: Second);
        var log = other.KeepMessages();
        await using var edge = await _gateway.ConnectEdgeAsync(id: EdgeOfFirst());

        var error = await Sdk.CatchAsync(() => edge.PublishAsync("passed on", default).AsTask());

        Assert.That(error.Message, Is.EqualTo("service not online"));
        Assert.That(log.Messages, Is.Empty, "it had the message, and said what it thinks of it");
    }

    [Test]
    public async Task When_nobody_else_takes_the_topic_the_edge_is_told()
    {
        var leaving = await GoPeer.ServiceAsync(_gateway, topics: ["lonely"], wantedId: First);
        var other = await GoPeer.ServiceAsync(_gateway, topics: ["lonely"], wantedId: Second);
        await using var edge = await _gateway.ConnectEdgeAsync(id: EdgeOfFirst());

        var published = edge.PublishAsync("lonely", default).AsTask();
        await leaving.TakeAsync(FrameType.Message);
        await leaving.DisposeAsync();
        await other.TakeAsync(FrameType.Message);
        await other.DisposeAsync();

        await Sdk.FailsAsync(FrontierErrorCode.ServiceNotOnline, "service not online", () => published);
    }

    [Test]
    public async Task Without_redelivery_the_edge_is_told_as_by_the_original()
    {
        await using var gateway = await TestGateway.StartAsync(("topics:redeliver", "false"));
        var leaving = await GoPeer.ServiceAsync(gateway, topics: ["jobs"], wantedId: First);
        await using var staying = await gateway.ConnectServiceAsync(topics: ["jobs"], id: Second);
        var log = staying.KeepMessages();
        await using var edge = await gateway.ConnectEdgeAsync(id: EdgeOfFirst());

        var published = edge.PublishAsync("jobs", default).AsTask();
        await leaving.TakeAsync(FrameType.Message);
        await leaving.DisposeAsync();

        await Sdk.FailsAsync(FrontierErrorCode.ServiceNotOnline, "service not online", () => published);
        Assert.That(log.Messages, Is.Empty);
    }

    // Even: the first of the two is chosen. Another one each time, since the last one may still be leaving.
    private static ulong EdgeOfFirst() => _lastEdge += 2;

    private async Task<double> CountAsync() => (await _gateway.MetricsAsync()).Value("frontier_topic_redeliveries_total");
}
