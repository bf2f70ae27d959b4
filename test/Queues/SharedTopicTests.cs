using System.Globalization;
using System.Text;
using Frontier.GrainInterfaces;
using Frontier.Protocol;
using Frontier.Queues.Tests.Backends;
using Frontier.Queues.Tests.Support;

namespace Frontier.Queues.Tests;

/// <summary>Who gets a topic's messages: services, external queues, or both.</summary>
internal sealed class SharedTopicTests
{
    private RedisStreamQueue _redis = null!;
    private NsqQueue _nsq = null!;
    private TestGateway _gateway = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _redis = await StartedAsync(new RedisStreamQueue());
        _nsq = await StartedAsync(new NsqQueue());
        _gateway = await TestGateway.StartAsync(
        [
            .. _redis.Settings,
            ("mqm:redis:producer:streams:1", "shared"),
            ("mqm:redis:producer:streams:2", "*"),
            .. _nsq.Settings.Where(setting => !setting.Key.EndsWith("topics:1", StringComparison.Ordinal)),
        ]);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _gateway.DisposeAsync();
        await _redis.DisposeAsync();
        await _nsq.DisposeAsync();
    }

    [Test]
    public async Task A_service_and_a_queue_that_own_the_same_topic_share_it_by_edge_id()
    {
        await using var service = await _gateway.ConnectServiceAsync(topics: ["shared"]);
        var log = service.KeepMessages();
        await using var even = await _gateway.ConnectEdgeAsync(id: 1000);
        await using var odd = await _gateway.ConnectEdgeAsync(id: 1001);

        await even.PublishAsync("shared", "even"u8.ToArray()).InTime();
        await odd.PublishAsync("shared", "odd"u8.ToArray()).InTime();

        // One service and one queue: the services stand first.
        Assert.That(log.Messages.Select(message => Encoding.UTF8.GetString(message.Payload.Span)), Is.EqualTo(new[] { "even" }));
        Assert.That(await ReadAsync("shared"), Is.EqualTo(new[] { "odd" }));
    }

    [Test]
    public async Task Two_queues_that_own_the_same_topic_share_it_by_edge_id()
    {
        await using var even = await _gateway.ConnectEdgeAsync(id: 2000);
        await using var odd = await _gateway.ConnectEdgeAsync(id: 2001);

        await even.PublishAsync("telemetry", "even"u8.ToArray()).InTime();
        await odd.PublishAsync("telemetry", "odd"u8.ToArray()).InTime();

        Assert.That((await _nsq.ReadAllAsync()).Select(message => message.Text), Is.EqualTo(new[] { "even" }));
        Assert.That(await ReadAsync("telemetry"), Has.Member("odd").And.No.Member("even"));
    }

    [Test]
    public async Task The_star_takes_what_nobody_owns_and_nothing_else()
    {
        await using var service = await _gateway.ConnectServiceAsync(topics: ["owned"]);
        var log = service.KeepMessages();
        await using var edge = await _gateway.ConnectEdgeAsync();

        await edge.PublishAsync("owned", "to the service"u8.ToArray()).InTime();
        await edge.PublishAsync("nobody's", "to the star"u8.ToArray()).InTime();

        Assert.That(log.Messages, Has.Count.EqualTo(1));
        Assert.That(await ReadAsync("owned"), Is.Empty);
        Assert.That(await ReadAsync("nobody's"), Is.EqualTo(new[] { "to the star" }));
    }

    [Test]
    public async Task A_program_with_grains_reaches_a_queue_like_an_edge_does()
    {
        await _gateway.Grains.GetTopic("from a grain").PublishAsync(7, new MessageRequest(null, "hello"u8.ToArray()));

        Assert.That(await ReadAsync("from a grain"), Is.EqualTo(new[] { "hello" }));
    }

    [Test]
    public async Task A_topic_whose_receiver_is_slow_does_not_hold_up_an_edges_other_topics()
    {
        await using var service = await GoPeer.ServiceAsync(_gateway, topics: ["stuck"]); // Never acknowledges.
        await using var edge = await GoPeer.EdgeAsync(_gateway);
        var stuck = GoFrame.Data(FrameType.Message, edge.NextPacketId(), payload: "1"u8, topic: "stuck");
        var other = GoFrame.Data(FrameType.Message, edge.NextPacketId(), payload: "2"u8, topic: "not stuck");

        await edge.PostAsync(stuck);
        await edge.PostAsync(other);

        Assert.That((await edge.TakeAsync(FrameType.MessageAck, other.PacketId)).Error, Is.Empty);
        Assert.That(edge.TryTake(frame => frame.PacketId == stuck.PacketId), Is.Null);
    }

    [Test]
    public async Task Metrics_and_health_and_control_plane_show_the_queue()
    {
        await using var edge = await _gateway.ConnectEdgeAsync(id: 3001);
        await edge.PublishAsync("telemetry", "counted"u8.ToArray()).InTime();
        await edge.PublishAsync("invented by an edge", "counted"u8.ToArray()).InTime();

        var metrics = await _gateway.MetricsAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                metrics.Value("frontier_queue_messages_total", ("queue", "redis-stream"), ("topic_class", "telemetry"), ("result", "confirmed")), Is.GreaterThan(0));
            Assert.That(metrics.Value("frontier_queue_messages_total", ("queue", "redis-stream"), ("topic_class", "*"), ("result", "confirmed")), Is.GreaterThan(0));
            Assert.That(metrics.ToString(), Does.Not.Contain("invented by an edge"));
            Assert.That(metrics.Value("frontier_queue_produce_duration_seconds_count", ("queue", "redis-stream")), Is.GreaterThan(0));
            Assert.That(metrics.Value("frontier_queue_up", ("queue", "redis-stream")), Is.EqualTo(1));
            Assert.That(metrics.Value("frontier_queue_in_flight", ("queue", "redis-stream")), Is.Zero);
        }

        Assert.That(await _gateway.ReadyzAsync(), Does.Contain("\"redis-stream\":\"up\""));
        await Eventually.HoldsAsync(
            async () => (await _gateway.Grains.GetGrain<IQueueBoardGrain>(0).ListAsync())
                .Any(report => report.Status is { Queue: "redis-stream", State: QueueState.Up, Confirmed: > 0, LastError: "" }),
            "the board shows the queue");
    }

    private static async Task<TQueue> StartedAsync<TQueue>(TQueue queue)
        where TQueue : ITestQueue
    {
        await queue.StartAsync();
        return queue;
    }

    private async Task<string[]> ReadAsync(string topic)
    {
        await using var connection = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(
            string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_redis.Port}"));
        return [.. (await connection.GetDatabase().StreamRangeAsync(topic)).Select(entry => (string)entry["body"]!)];
    }
}
