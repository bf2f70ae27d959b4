using Frontier.Protocol;

namespace Frontier.Client.Tests;

[TestFixture(false, TestName = "MessageTests(plain)")]
[TestFixture(true, TestName = "MessageTests(extended)")]
public sealed class MessageTests(bool extended) : BothFormsFixture(extended)
{
    [Test]
    public async Task A_published_message_completes_when_it_is_acknowledged()
    {
        await using var gateway = new TestGateway();
        var held = new TaskCompletionSource<Received>(TaskCreationOptions.RunContinuationsAsynchronously);
        gateway.OnRequest = (_, message) => held.SetResult(message);
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        var publishing = edge.PublishAsync("темп/\"1\"", new byte[] { 1, 2 }, new PublishOptions { Custom = new byte[] { 3 } }).AsTask();
        var message = await held.Task.InTime();
        Assert.That(publishing.IsCompleted, Is.False);
        end.Answer(message);
        await publishing.InTime();
        Assert.Multiple(() =>
        {
            Assert.That(message.Topic, Is.EqualTo("темп/\"1\""));
            Assert.That(message.Payload, Is.EqualTo(new byte[] { 1, 2 }));
            Assert.That(message.Custom, Is.EqualTo(new byte[] { 3 }));
        });
        await PendingState.IsEmptyAsync(edge);
    }

    [Test]
    public async Task A_message_that_was_not_taken_fails_with_the_receivers_text()
    {
        await using var gateway = new TestGateway { OnRequest = (end, message) => end.Answer(message, error: "topic not online") };
        var (edge, _) = await gateway.ConnectEdgeAsync();
        await using var _2 = edge;
        var error = await Assert.ThrowsAsync<FrontierException>(() => edge.PublishAsync("t", default).InTime());
        Assert.That(error!.Code, Is.EqualTo(FrontierErrorCode.TopicNotOnline));
        Assert.Throws<ArgumentException>(() => edge.PublishAsync("", default).AsTask());
    }

    [Test]
    public async Task A_received_message_is_answered_as_the_application_says()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        var first = end.PublishAsync("a", [1], [7]);
        var second = end.PublishAsync("b", [2]);
        var third = end.PublishAsync("c", [3]);
        await using var messages = edge.ReceiveAsync().GetAsyncEnumerator();
        var got = new List<FrontierMessage>();
        for (var i = 0; i < 3; i++)
        {
            Assert.That(await messages.MoveNextAsync().InTime());
            got.Add(messages.Current);
        }

        await got[2].FailAsync("disk \"full\"");
        await got[1].FailAsync(FrontierErrorCode.RateLimited);
        await got[0].AckAsync();
        await got[0].FailAsync("too late");
        Assert.That((await first.InTime()).Error, Is.Empty);
        Assert.That((await second.InTime()).Error, Is.EqualTo("too many requests in flight"));
        Assert.That((await third.InTime()).Error, Is.EqualTo("disk \"full\""));
        Assert.That(got.Select(m => m.Topic), Is.EqualTo(new[] { "a", "b", "c" }));
        Assert.That(got.Select(m => m.Payload.Span[0]), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(got[0].Custom.ToArray(), Is.EqualTo(new byte[] { 7 }));
        await PendingState.IsEmptyAsync(edge);
    }

    public enum Deed
    {
        Call,
        Publish,
        OpenStream,
    }

    [Test]
    public async Task The_loop_that_takes_messages_may_wait_for_anything_however_many_wait([Values] Deed deed, [Values] bool service)
    {
        await using var gateway = new TestGateway();
        FrontierClient client;
        GatewayEnd end;
        Func<Task> act;
        if (service)
        {
            (var made, end) = await gateway.ConnectServiceAsync(o => o with { MessageQueueCapacity = 16 });
            client = made;
            act = deed switch
            {
                Deed.Call => () => made.CallAsync(1, "m", default).AsTask(),
                Deed.Publish => () => made.PublishAsync(1, "t", default).AsTask(),
                _ => async () => await (await made.OpenStreamAsync(1)).DisposeAsync(),
            };
        }
        else
        {
            (var made, end) = await gateway.ConnectEdgeAsync(o => o with { MessageQueueCapacity = 16 });
            client = made;
            act = deed switch
            {
                Deed.Call => () => made.CallAsync("m", default).AsTask(),
                Deed.Publish => () => made.PublishAsync("t", default).AsTask(),
                _ => async () => await (await made.OpenStreamAsync("s")).DisposeAsync(),
            };
        }

        await using var _ = client;
        await client.RegisterAsync("echo", HandlerTests.Echo).InTime();
        await using var messages = client.ReceiveAsync().GetAsyncEnumerator();
        var next = messages.MoveNextAsync();
        var custom = new byte[8]; // Towards a service the edge that published.
        var published = Enumerable.Range(0, 500).Select(i => end.PublishAsync("t", BitConverter.GetBytes(i), custom)).ToArray();
        Assert.That((await end.CallAsync("echo", [1], custom).InTime()).Error, Is.Empty, "calls pass the messages that wait");
        for (var i = 0; i < published.Length; i++)
        {
            Assert.That(await next.InTime());
            Assert.That(BitConverter.ToInt32(messages.Current.Payload.Span), Is.EqualTo(i));
            if (i % 50 == 0)
            {
                await act().InTime();
            }

            await messages.Current.AckAsync();
            if (i < published.Length - 1)
            {
                next = messages.MoveNextAsync();
            }
        }

        foreach (var ack in await Task.WhenAll(published).InTime())
        {
            Assert.That(ack.Error, Is.Empty, "the gateway keeps to what the client said it has room for");
        }
    }

    [Test]
    public async Task What_a_gateway_sends_beyond_the_queue_is_refused_and_holds_up_nothing([Values] bool receiving)
    {
        // A gateway of the original: it knows no window and no extension.
        await using var gateway = new TestGateway { Options = new ConnectionOptions { PlainMessageWindow = 0 } };
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { MessageQueueCapacity = 4, Features = PeerFeatures.None });
        await using var _ = edge;
        await edge.RegisterAsync("echo", HandlerTests.Echo).InTime();
        await using var messages = edge.ReceiveAsync().GetAsyncEnumerator();
        var next = default(ValueTask<bool>);
        if (receiving)
        {
            next = messages.MoveNextAsync();
            var first = end.PublishAsync("t", []);
            Assert.That(await next.InTime());
            await messages.Current.AckAsync();
            Assert.That((await first.InTime()).Error, Is.Empty);
        }

        var published = Enumerable.Range(0, 10).Select(i => end.PublishAsync("t", [(byte)i])).ToArray();
        Assert.That((await end.CallAsync("echo", [1]).InTime()).Payload, Is.EqualTo(new byte[] { 1 }));
        foreach (var refused in published[4..])
        {
            Assert.That((await refused.InTime()).Error, Is.EqualTo("slow consumer"));
        }

        for (var i = 0; i < 4; i++)
        {
            Assert.That(await messages.MoveNextAsync().InTime());
            await messages.Current.AckAsync();
        }

        foreach (var taken in await Task.WhenAll(published[..4]).InTime())
        {
            Assert.That(taken.Error, Is.Empty);
        }

        await PendingState.IsEmptyAsync(edge);
    }

    [Test]
    public async Task Waiting_messages_are_bounded_in_bytes_and_what_ended_connections_left_counts()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { MessageQueueBytes = 100, Reconnect = Fast.Reconnect });
        await using var _ = edge;
        var large = end.PublishAsync("t", new byte[200]);
        Assert.That((await end.PublishAsync("t", new byte[1]).InTime()).Error, Is.EqualTo("slow consumer"), "one message may be larger, no two together");
        Assert.That(large.IsCompleted, Is.False);
        end.Cut();
        end = await gateway.NextAsync();
        await Soon.UntilAsync(() => edge.Generation == 2, "the edge is back");
        Assert.That((await end.PublishAsync("t", new byte[1]).InTime()).Error, Is.EqualTo("slow consumer"), "the large one waits still");
        await using var messages = edge.ReceiveAsync().GetAsyncEnumerator();
        Assert.That(await messages.MoveNextAsync().InTime());
        var next = end.PublishAsync("t", new byte[1]);
        Assert.That(await messages.MoveNextAsync().InTime());
        await messages.Current.AckAsync();
        Assert.That((await next.InTime()).Error, Is.Empty, "there is room again");
    }

    [Test]
    public async Task Streams_that_nobody_reads_hold_up_neither_the_messages_of_others_nor_more_than_half_the_room()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { MessageQueueCapacity = 4, MessageQueueBytes = 100 });
        await using var _ = edge;
        await using var unread = await edge.OpenStreamAsync("s").InTime();
        await using var another = await edge.OpenStreamAsync("s").InTime();
        var waiting = Enumerable.Range(0, 20).Select(i => end.PublishAsync("t", new byte[5], sessionId: unread.Id)).ToArray();
        await Soon.UntilAsync(() => edge.Connection.InFlight >= 4, "the stream's window is full, or its room");
        var large = end.PublishAsync("t", new byte[45], sessionId: another.Id);
        Assert.That((await large.InTime()).Error, Is.EqualTo("slow consumer"), "there is half the room for all streams that nobody reads");
        await using var onStream = another.ReceiveAsync().GetAsyncEnumerator();
        await using var onConnection = edge.ReceiveAsync().GetAsyncEnumerator();
        foreach (var (messages, session) in new[] { (onStream, another.Id), (onConnection, GeminioConnection.RootSessionId) })
        {
            var next = messages.MoveNextAsync();
            for (var i = 0; i < 10; i++)
            {
                var published = end.PublishAsync("t", new byte[45], sessionId: session);
                Assert.That(await next.InTime());
                await messages.Current.AckAsync();
                Assert.That((await published.InTime()).Error, Is.Empty);
                next = i < 9 ? messages.MoveNextAsync() : default;
            }
        }

        Assert.That(waiting.Count(ack => !ack.IsCompleted), Is.GreaterThanOrEqualTo(4), "what waits is still there");
    }

    [Test]
    public async Task What_was_not_taken_from_a_disposed_stream_is_answered()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { MessageQueueCapacity = 4, MessageQueueBytes = 100 });
        await using var _ = edge;
        for (var i = 0; i < 5; i++)
        {
            var stream = await edge.OpenStreamAsync("s").InTime();
            var published = Enumerable.Range(0, 4).Select(i => end.PublishAsync("t", new byte[10], sessionId: stream.Id)).ToArray();
            await Soon.UntilAsync(() => edge.Connection.InFlight == 4, "they have come");
            await stream.DisposeAsync();
            Assert.That((await Task.WhenAll(published).InTime()).Select(ack => ack.Error), Is.All.EqualTo("connection lost"));
            Assert.That(edge.Connection.InFlight, Is.Zero);
        }
    }

    [Test]
    public async Task Messages_sent_without_waiting_keep_their_order_even_when_there_is_no_room()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        var publishing = new List<Task>();
        for (var i = 0; i < 60; i++)
        {
            publishing.Add(edge.PublishAsync("t", new byte[i % 3 == 0 ? 1_000_000 : 100]).AsTask());
            publishing.Add(edge.PublishAsync($"{i}", default).AsTask());
        }

        await Task.WhenAll(publishing).InTime();
        Assert.That(end.Seen.Where(m => m.Topic != "t").Select(m => m.Topic), Is.EqualTo(Enumerable.Range(0, 60).Select(i => $"{i}")));
        Assert.That(end.Seen.Where(m => m.Topic == "t").Select(m => m.Payload.Length), Is.EqualTo(Enumerable.Range(0, 60).Select(i => i % 3 == 0 ? 1_000_000 : 100)));
    }

    [Test]
    public async Task Receiving_ends_with_the_connection_after_what_had_come()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        var published = end.PublishAsync("t", [1]);
        await Soon.UntilAsync(() => edge.Connection.InFlight == 1, "the message has come");
        end.Cut();
        await edge.Completion.InTime();
        var got = 0;
        await foreach (var message in edge.ReceiveAsync())
        {
            got++;
            await message.AckAsync();
        }

        Assert.That(got, Is.EqualTo(1));
        await Assert.CatchAsync<InvalidOperationException>(() => published.InTime());
    }
}
