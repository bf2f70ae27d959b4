using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Frontier.Client;
using Frontier.Protocol;
using Frontier.Queues.Tests.Backends;
using Frontier.Queues.Tests.Support;

namespace Frontier.Queues.Tests;

/// <summary>What holds for every external queue: edges publish through a whole gateway, and the queue is looked into from outside.</summary>
[TestFixture(typeof(KafkaQueue))]
[TestFixture(typeof(AmqpBackend))]
[TestFixture(typeof(NatsBackend))]
[TestFixture(typeof(JetStreamQueue))]
[TestFixture(typeof(NsqQueue))]
[TestFixture(typeof(RedisChannelQueue))]
[TestFixture(typeof(RedisStreamBackend))]
internal sealed class QueueContract<TQueue>
    where TQueue : ITestQueue, new()
{
    private TQueue _queue = default!;
    private TestGateway _gateway = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _queue = new TQueue();
        await _queue.StartAsync();
        _gateway = await TestGateway.StartAsync([("daemon:frontier_id", "gateway-1"), .. _queue.Settings]);
        await WarmUpAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        if (_queue is not null)
        {
            await _queue.DisposeAsync();
        }
    }

    [Test]
    public async Task Message_of_an_edge_reaches_the_queue_with_what_is_known_of_it()
    {
        await using var edge = await _gateway.ConnectEdgeAsync();
        var before = DateTimeOffset.UtcNow.AddSeconds(-1);
        byte[] custom = [0, 1, 254, 255];
        string traceParent;

        using (var span = new Activity("edge").SetIdFormat(ActivityIdFormat.W3C).Start())
        {
            traceParent = span.Id!;
            await edge.PublishAsync(_queue.Topic, Encoding.UTF8.GetBytes("with headers"), new PublishOptions { Custom = custom });
        }

        var received = await FindAsync("with headers");
        if (!_queue.HasHeaders)
        {
            return;
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(received.Header("frontier-edge-id"), Is.EqualTo(edge.EdgeId.ToString(CultureInfo.InvariantCulture)));
            Assert.That(received.Header("frontier-topic"), Is.EqualTo(_queue.Topic));
            Assert.That(received.Header("frontier-gateway"), Is.EqualTo("gateway-1"));
            Assert.That(DateTimeOffset.Parse(received.Header("frontier-time"), CultureInfo.InvariantCulture), Is.InRange(before, DateTimeOffset.UtcNow));
            Assert.That(received.Header("traceparent"), Is.EqualTo(traceParent));
            var shown = received.Headers["frontier-custom"];
            Assert.That(shown.SequenceEqual(custom) || Encoding.ASCII.GetString(shown) == Convert.ToBase64String(custom), Is.True);
        }
    }

    [Test]
    public async Task Go_edge_is_acked_when_the_queue_has_its_message()
    {
        await using var edge = await GoPeer.EdgeAsync(_gateway);
        var message = GoFrame.Data(FrameType.Message, edge.NextPacketId(), payload: "from go"u8, topic: _queue.Topic);

        await edge.PostAsync(message);
        var ack = await edge.TakeAsync(FrameType.MessageAck, message.PacketId);

        Assert.That(ack.Error, Is.Empty);
        Assert.That(ack.SessionId, Is.EqualTo(GoFrame.Root));
        var received = await FindAsync("from go");
        if (_queue.HasHeaders)
        {
            Assert.That(received.Header("traceparent"), Does.Match("^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-00$"), "a trace of its own");
        }
    }

    [Test]
    public async Task Messages_of_an_edge_keep_their_order_without_waiting_for_each_other()
    {
        const int Count = 2000;
        await using var edge = await GoPeer.EdgeAsync(_gateway);
        var frames = Enumerable.Range(0, Count)
            .Select(i => GoFrame.Data(FrameType.Message, edge.NextPacketId(), payload: Encoding.UTF8.GetBytes($"order {i}"), topic: _queue.Topic))
            .ToArray();

        foreach (var frame in frames)
        {
            _ = edge.PostAsync(frame);
        }

        foreach (var frame in frames)
        {
            Assert.That((await edge.TakeAsync(FrameType.MessageAck, frame.PacketId)).Error, Is.Empty);
        }

        IReadOnlyList<string> order = [];
        await Eventually.HoldsAsync(
            async () =>
            {
                order = [.. (await _queue.ReadAllAsync()).Select(message => message.Text).Where(text => text.StartsWith("order ", StringComparison.Ordinal))];
                return order.Count >= Count;
            },
            "all messages are there");
        Assert.That(order, Is.EqualTo(Enumerable.Range(0, Count).Select(i => $"order {i}")));
    }

    [Test]
    public async Task Empty_message_is_taken_or_refused_and_never_forgotten()
    {
        await using var edge = await _gateway.ConnectEdgeAsync();
        var before = await CountAsync(received => received.Body.Length == 0);
        string? error = null;
        try
        {
            await edge.PublishAsync(_queue.Topic, default).InTime();
        }
        catch (FrontierException e)
        {
            error = e.Message;
        }

        if (_queue.Name == "nsq")
        {
            Assert.That(error, Is.EqualTo("NSQ takes no empty message"));
        }
        else
        {
            Assert.That(error, Is.Null);
            await Eventually.HoldsAsync(async () => await CountAsync(received => received.Body.Length == 0) > before, "the empty message is there");
        }
    }

    [Test]
    public async Task Nothing_acked_is_lost_when_the_queue_is_killed_and_started_again_under_load()
    {
        var acked = new ConcurrentQueue<string>();
        var failed = 0;
        using var stop = new CancellationTokenSource();
        await using var first = await _gateway.ConnectEdgeAsync();
        await using var second = await _gateway.ConnectEdgeAsync();
        Task[] lanes = [.. Enumerable.Range(0, 8).Select(lane => PublishAllAlongAsync(lane % 2 == 0 ? first : second, lane))];
        await Eventually.HoldsAsync(() => acked.Count > 200, "messages flow");

        await _queue.KillAsync();
        await Eventually.HoldsAsync(() => Volatile.Read(ref failed) > 0, "edges hear that the queue is gone");
        await _queue.StartAsync();
        var afterwards = acked.Count;
        await HoldsAsync(() => acked.Count > afterwards + 200, "messages flow again", ServerProcess.StartDeadline);
        await stop.CancelAsync();
        await Task.WhenAll(lanes);
        await WarmUpAsync();
        if (!_queue.Keeps)
        {
            return; // What it confirmed went to those who were subscribed then.
        }

        var there = (await _queue.ReadAllAsync()).Select(message => message.Text).Where(text => text.StartsWith("load ", StringComparison.Ordinal)).ToArray();
        Assert.That(acked.Except(there), Is.Empty, "acked and not there");
        foreach (var lane in there.Select(text => text.Split(' ')).GroupBy(words => words[1]))
        {
            // A message that failed may be there as well, but nothing overtakes.
            var numbers = lane.Select(words => int.Parse(words[2], CultureInfo.InvariantCulture)).ToArray();
            Assert.That(numbers.Distinct(), Is.Ordered, $"lane {lane.Key}");
        }

        async Task PublishAllAlongAsync(FrontierEdge edge, int lane)
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var text = $"load {lane} {i}";
                try
                {
                    await edge.PublishAsync(_queue.Topic, Encoding.UTF8.GetBytes(text), new PublishOptions { Timeout = TimeSpan.FromSeconds(2) });
                    acked.Enqueue(text);
                }
                catch (FrontierException)
                {
                    Interlocked.Increment(ref failed);
                }
            }
        }
    }

    [Test]
    public async Task Edge_hears_of_a_queue_that_is_down_and_can_go_on_when_it_is_back()
    {
        await using var edge = await GoPeer.EdgeAsync(_gateway);
        await _queue.KillAsync();
        var message = GoFrame.Data(
            FrameType.Message, edge.NextPacketId(), payload: "too bad"u8, topic: _queue.Topic, deadline: GoFrame.Time(DateTimeOffset.UtcNow.AddSeconds(2)));

        try
        {
            await edge.PostAsync(message);

            // A client that retries by itself, as Kafka's does, may not have noticed by then.
            Assert.That((await edge.TakeAsync(FrameType.MessageAck, message.PacketId)).Error, Is.AnyOf("queue not available", "context deadline exceeded"));
        }
        finally
        {
            await _queue.StartAsync();
        }

        await WarmUpAsync();
    }

    // Until the queue takes messages: it may still be connecting, or declaring.
    private async Task WarmUpAsync()
    {
        await using var edge = await _gateway.ConnectEdgeAsync();
        await HoldsAsync(
            () =>
            {
                try
                {
                    edge.PublishAsync(_queue.Topic, "warm-up"u8.ToArray(), new PublishOptions { Timeout = TimeSpan.FromSeconds(5) }).AsTask().GetAwaiter().GetResult();
                    return true;
                }
                catch (FrontierException)
                {
                    return false;
                }
            },
            $"the queue takes messages\n{string.Join('\n', _gateway.Log.Lines)}",
            ServerProcess.StartDeadline);
    }

    private async Task<Received> FindAsync(string text)
    {
        Received? found = null;
        await Eventually.HoldsAsync(async () => (found = (await _queue.ReadAllAsync()).FirstOrDefault(message => message.Text == text)) is not null, text);
        return found!;
    }

    private async Task<int> CountAsync(Func<Received, bool> fits) => (await _queue.ReadAllAsync()).Count(fits);

    private static async Task HoldsAsync(Func<bool> condition, string what, TimeSpan deadline)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (!await Task.Run(condition))
        {
            Assert.That(waited.Elapsed, Is.LessThan(deadline), $"Not in time: {what}");
            await Task.Delay(20);
        }
    }
}
