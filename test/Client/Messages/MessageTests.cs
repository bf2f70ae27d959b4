
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

    [Test]
    public async Task A_full_queue_stops_reading_and_loses_nothing()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { MessageQueueCapacity = 4 });
        await using var _ = edge;
        await edge.RegisterAsync("echo", HandlerTests.Echo).InTime();
        await using var messages = edge.ReceiveAsync().GetAsyncEnumerator();
        var next = messages.MoveNextAsync();
        var published = Enumerable.Range(0, 50).Select(i => end.PublishAsync("t", [(byte)i])).ToArray();
        var call = end.CallAsync("echo", [1]);
        await Soon.UntilAsync(() => edge.Connection.InFlight >= 5, "the queue is full");
        Assert.That(call.IsCompleted, Is.False, "what comes behind the messages waits with them");
        for (var i = 0; i < 50; i++)
        {
            Assert.That(await next.InTime());
            Assert.That(messages.Current.Payload.Span[0], Is.EqualTo(i));
            Assert.That(edge.Connection.InFlight, Is.LessThanOrEqualTo(8));
            await messages.Current.AckAsync();
            if (i < 49)
            {
                next = messages.MoveNextAsync();
            }
        }

        foreach (var ack in await Task.WhenAll(published).InTime())
        {
            Assert.That(ack.Error, Is.Empty);
        }

        Assert.That((await call.InTime()).Error, Is.Empty);
    }

    [Test]
    public async Task Messages_that_nobody_receives_are_refused_once_the_queue_is_full_and_hold_up_nothing()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { MessageQueueCapacity = 4 });
        await using var _ = edge;
        await edge.RegisterAsync("echo", HandlerTests.Echo).InTime();
        var published = Enumerable.Range(0, 10).Select(i => end.PublishAsync("t", [(byte)i])).ToArray();
        Assert.That((await end.CallAsync("echo", [1]).InTime()).Payload, Is.EqualTo(new byte[] { 1 }));
        foreach (var refused in published[4..])
        {
            Assert.That((await refused.InTime()).Error, Is.EqualTo("slow consumer"));
        }

        var taken = 0;
        await foreach (var message in edge.ReceiveAsync())
        {
            await message.AckAsync();
            if (++taken == 4)
            {
                break;
            }
        }

        await Task.WhenAll(published).InTime();
    }

    [Test]
    public async Task A_receiver_that_leaves_while_the_queue_is_full_releases_the_connection()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { MessageQueueCapacity = 1 });
        await using var _ = edge;
        await edge.RegisterAsync("echo", HandlerTests.Echo).InTime();
        using var leave = new CancellationTokenSource();
        var messages = edge.ReceiveAsync(leave.Token).GetAsyncEnumerator();
        var first = messages.MoveNextAsync();
        var published = Enumerable.Range(0, 5).Select(i => end.PublishAsync("t", [(byte)i])).ToArray();
        Assert.That(await first.InTime());
        await Soon.UntilAsync(() => edge.Connection.InFlight == 3, "the queue is full and one waits before it");
        await messages.DisposeAsync();
        Assert.That((await end.CallAsync("echo", [1]).InTime()).Error, Is.Empty);
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
