using System.Text;
using Frontier.GrainInterfaces;
using Frontier.Protocol;
using Frontier.Queues.Tests.Backends;

namespace Frontier.Queues.Tests;

/// <summary>What edges and operators see of queues that are configured wrongly, cannot be reached, or do not take a message.</summary>
internal sealed class TroubleTests
{
    private static readonly string[] NoServer = ["127.0.0.1:1"];

    [Test]
    public async Task Wrong_redis_password_is_shown_and_edges_are_told()
    {
        await using var redis = new RedisStreamQueue("right");
        await redis.StartAsync();
        var settings = redis.Settings.Select(setting => setting.Key == "mqm:redis:password" ? (setting.Key, "wrong") : setting).ToArray();
        await using var gateway = await TestGateway.StartAsync(settings);

        await AssertDownAsync(gateway, "redis-stream", redis.Topic, "");
    }

    [Test]
    public async Task Missing_nats_token_is_shown_and_edges_are_told()
    {
        await using var nats = new NatsQueue("secret");
        await nats.StartAsync();
        await using var gateway = await TestGateway.StartAsync(nats.Settings);

        await AssertDownAsync(gateway, "nats", nats.Topic, "Authorization Violation");
    }

    [Test]
    public async Task Nats_token_lets_in()
    {
        await using var nats = new NatsQueue("secret");
        await nats.StartAsync();
        await using var gateway = await TestGateway.StartAsync([.. nats.Settings, ("mqm:nats:token", "secret")]);
        await using var edge = await gateway.ConnectEdgeAsync();

        await edge.PublishAsync(nats.Topic, "hello"u8.ToArray()).InTime();
    }

    [Test]
    public async Task JetStream_on_a_server_without_it_is_shown()
    {
        await using var nats = new NatsQueue();
        await nats.StartAsync();
        await using var gateway = await TestGateway.StartAsync(
            ("mqm:nats:enable", "true"),
            ("mqm:nats:addrs:0", $"127.0.0.1:{nats.Port}"),
            ("mqm:nats:jetstream:enable", "true"),
            ("mqm:nats:jetstream:producer:subjects:0", "a"));

        await AssertDownAsync(gateway, "jetstream", "a", "the NATS server has no JetStream");
    }

    [Test]
    public async Task A_subject_that_no_stream_takes_is_refused()
    {
        await using var nats = new JetStreamQueue();
        await nats.StartAsync();
        await using var gateway = await TestGateway.StartAsync(
            [.. nats.Settings.Where(setting => !setting.Key.Contains(":name")), ("mqm:nats:jetstream:producer:subjects:1", "nobody.takes.this")]);
        await using var edge = await gateway.ConnectEdgeAsync();

        await Sdk.FailsAsync(
            FrontierErrorCode.Unknown, "no stream takes the subject", () => edge.PublishAsync("nobody.takes.this", "x"u8.ToArray()).AsTask());
    }

    [TestCase("kafka", "mqm:kafka:producer:topics:0")]
    [TestCase("amqp", "mqm:amqp:producer:routing_keys:0")]
    [TestCase("nats", "mqm:nats:producer:subjects:0")]
    [TestCase("nsq", "mqm:nsq:producer:topics:0")]
    [TestCase("redis", "mqm:redis:producer:channels:0")]
    public async Task A_gateway_whose_queue_is_not_there_starts_and_serves_everything_else(string section, string topicKey)
    {
        await using var gateway = await TestGateway.StartAsync(($"mqm:{section}:enable", "true"), ($"mqm:{section}:addrs:0", NoServer[0]), (topicKey, "gone"));
        await using var service = await gateway.ConnectServiceAsync(topics: ["here"]);
        var log = service.KeepMessages();
        await using var edge = await gateway.ConnectEdgeAsync();

        await edge.PublishAsync("here", "hello"u8.ToArray()).InTime();

        Assert.That(log.Messages, Has.Count.EqualTo(1));
        await AssertDownAsync(gateway, section, "gone", "");
    }

    [Test]
    public async Task So_much_waits_for_a_queue_that_is_down_and_no_more()
    {
        await using var gateway = await TestGateway.StartAsync(
            ("mqm:nsq:enable", "true"),
            ("mqm:nsq:addrs:0", NoServer[0]),
            ("mqm:nsq:producer:topics:0", "gone"),
            ("mqm:max_in_flight", "4"),
            ("limits:max_topic_waiting_messages", "10"));
        await using var edge = await GoPeer.EdgeAsync(gateway);
        var deadline = GoFrame.Time(DateTimeOffset.UtcNow.AddSeconds(8));
        var frames = Enumerable.Range(0, 2000)
            .Select(i => GoFrame.Data(FrameType.Message, edge.NextPacketId(), payload: Encoding.UTF8.GetBytes($"{i}"), topic: "gone", deadline: deadline))
            .ToArray();

        await Task.WhenAll(frames.Select(edge.PostAsync));

        var errors = new List<string>();
        foreach (var frame in frames)
        {
            errors.Add((await edge.TakeAsync(FrameType.MessageAck, frame.PacketId)).Error);
        }

        Assert.That(errors, Has.None.Empty);
        Assert.That(errors.Distinct(), Is.SubsetOf(new[] { "slow consumer", "queue not available", "context deadline exceeded" }));
        Assert.That(errors.Count(error => error == "slow consumer"), Is.GreaterThan(1000), "far more than may wait were sent");
    }

    private static async Task AssertDownAsync(TestGateway gateway, string queue, string topic, string error)
    {
        await Eventually.HoldsAsync(
            async () => (await gateway.Grains.GetGrain<IQueueBoardGrain>(0).ListAsync())
                .Any(report => report.Status.Queue == queue && report.Status.State == QueueState.Down && report.Status.LastError.Contains(error)),
            $"{queue} is shown as down");
        Assert.That(await gateway.ReadyzAsync(), Does.Contain($"\"{queue}\":\"down: "));
        await using var edge = await GoPeer.EdgeAsync(gateway);
        var message = GoFrame.Data(
            FrameType.Message, edge.NextPacketId(), payload: "x"u8, topic: topic, deadline: GoFrame.Time(DateTimeOffset.UtcNow.AddSeconds(2)));
        await edge.PostAsync(message);
        Assert.That((await edge.TakeAsync(FrameType.MessageAck, message.PacketId)).Error, Is.EqualTo("queue not available"));
    }
}
