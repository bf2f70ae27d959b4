using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Frontier.Protocol;

namespace Frontier.Client.Tests;

[TestFixture(false, TestName = "StreamTests(plain)")]
[TestFixture(true, TestName = "StreamTests(extended)")]
public sealed class StreamTests(bool extended) : BothFormsFixture(extended)
{
    [Test]
    public async Task A_stream_carries_bytes_both_ways_and_shows_whom_it_is_to()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        await using var stream = await edge.OpenStreamAsync("shell", "tty"u8.ToArray()).InTime();
        var other = end.Streams.Single();
        Assert.That((other.Peer, other.Meta), Is.EqualTo(("shell", "tty"u8.ToArray())));
        Assert.That((stream.Peer, stream.PeerId, Encoding.UTF8.GetString(stream.Meta.Span)), Is.EqualTo(("shell", 0UL, "tty")));
        await stream.WriteAsync("ls\n"u8.ToArray()).InTime();
        Assert.That(Encoding.UTF8.GetString((await other.Reader.ReadAsync().InTime()).Buffer), Is.EqualTo("ls\n"));
        await end.SendAsync(other, "README"u8.ToArray());
        var buffer = new byte[100];
        Assert.That(await stream.ReadAsync(buffer).InTime(), Is.EqualTo(6));
    }

    [Test]
    public async Task An_opened_stream_is_accepted_with_peer_and_meta_and_what_came_first()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        var other = await end.OpenAsync("billing", [7], peerId: 99);
        await end.SendAsync(other, "early"u8.ToArray());
        end.Dismiss(other.Session!);
        await foreach (var stream in edge.AcceptStreamsAsync())
        {
            Assert.That((stream.Peer, stream.PeerId, stream.Meta.ToArray()), Is.EqualTo(("billing", 99UL, new byte[] { 7 })));
            using var reader = new StreamReader(stream);
            Assert.That(await reader.ReadToEndAsync().InTime(), Is.EqualTo("early"));
            break;
        }

        await other.Finished.Task.InTime();
        await Soon.UntilAsync(() => edge.Connection.SessionCount == 0 && end.SessionCount == 0, "both ends have forgotten the stream");
    }

    [Test]
    public async Task A_refused_stream_is_an_error_and_both_ends_forget_it()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        var error = await Assert.ThrowsAsync<FrontierException>(() => edge.OpenStreamAsync("nobody").InTime());
        Assert.That(error!.Code, Is.EqualTo(FrontierErrorCode.ServiceNotOnline));
        await Soon.UntilAsync(() => edge.Connection.SessionCount == 0 && end.SessionCount == 0, "both ends have forgotten the stream");
        await PendingState.IsEmptyAsync(edge);
    }

    [Test]
    public async Task A_stream_whose_opening_was_given_up_is_closed_when_it_opens()
    {
        var hold = new TaskCompletionSource();
        await using var gateway = new TestGateway { HoldSessions = hold.Task };
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        using var giveUp = new CancellationTokenSource();
        var opening = edge.OpenStreamAsync("slow", cancellationToken: giveUp.Token);
        await Soon.UntilAsync(() => end.Streams.Count == 1, "the gateway was asked");
        giveUp.Cancel();
        await Assert.CatchAsync<OperationCanceledException>(() => opening.InTime());
        hold.SetResult();
        await end.Streams.Single().Finished.Task.InTime();
        end.Dismiss(end.Streams.Single().Session!);
        await Soon.UntilAsync(() => edge.Connection.SessionCount == 0, "the edge has forgotten the stream");
        await PendingState.IsEmptyAsync(edge);
    }

    [Test]
    public async Task Streams_that_nobody_accepts_are_refused_beyond_the_queue()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { StreamQueueCapacity = 2 });
        await using var _ = edge;
        await end.OpenAsync("a", []);
        await end.OpenAsync("b", []);
        var refused = new ReplyTask(_ => new GatewayStream());
        Assert.That(end.TryOpenSession(new SessionBody { Peer = "c"u8 }, refused.ToPending()), Is.EqualTo(SendOutcome.Sent));
        Assert.That((await refused.Task.InTime()).Error, Is.EqualTo("too many streams waiting"));
    }

    [Test]
    public async Task Ending_one_half_leaves_the_other_open()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        await using var stream = await edge.OpenStreamAsync("sum").InTime();
        var other = end.Streams.Single();
        var question = RandomNumberGenerator.GetBytes(200_000);
        await stream.WriteAsync(question).InTime();
        await stream.CompleteWritesAsync().InTime();
        await stream.CompleteWritesAsync().InTime();
        Assert.That(stream.CanWrite, Is.False);
        await Assert.ThrowsAsync<InvalidOperationException>(() => stream.WriteAsync(question).InTime());
        Assert.That(await HashAsync(other), Is.EqualTo(SHA256.HashData(question)), "everything written before the end arrives before it");
        await other.Finished.Task.InTime();
        var answer = RandomNumberGenerator.GetBytes(300_000);
        var answering = end.SendAsync(other, answer);
        var got = new MemoryStream();
        var copying = stream.CopyToAsync(got);
        await answering.InTime();
        Assert.That(copying.IsCompleted, Is.False);
        end.Dismiss(other.Session!);
        await copying.InTime();
        Assert.That(got.ToArray().AsSpan().SequenceEqual(answer));
        await Soon.UntilAsync(() => edge.Connection.SessionCount == 0 && end.SessionCount == 0, "both ends have forgotten the stream");
    }

    [Test]
    public async Task A_half_that_ended_long_ago_does_not_end_the_other()
    {
        // The time that passes at once is no time in which a write is stuck.
        await using var gateway = new TestGateway { Options = new() { Features = TestGateway.DefaultFeatures, SlowConsumerTimeout = TimeSpan.FromHours(1) } };
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        await using var stream = await edge.OpenStreamAsync("upload").InTime();
        var other = end.Streams.Single();
        end.Dismiss(other.Session!);
        Assert.That(await stream.ReadAsync(new byte[1]).InTime(), Is.Zero);
        await edge.CallAsync("echo", default).InTime(); // By now the gateway has the acknowledgement of its half's end.
        end.Later(TimeSpan.FromSeconds(31));
        var data = RandomNumberGenerator.GetBytes(100_000);
        await stream.WriteAsync(data).InTime();
        await stream.CompleteWritesAsync().InTime();
        Assert.That(await HashAsync(other), Is.EqualTo(SHA256.HashData(data)));
        await Soon.UntilAsync(() => edge.Connection.SessionCount == 0 && end.SessionCount == 0, "both ends have forgotten the stream");
    }

    [Test]
    public async Task A_slow_reader_stops_the_sender_and_loses_nothing()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { StreamBufferBytes = 32 * 1024 });
        await using var _ = edge;
        await using var stream = await edge.OpenStreamAsync("bulk").InTime();
        var other = end.Streams.Single();
        var data = RandomNumberGenerator.GetBytes(48 * 1024 * 1024);
        var sending = Task.Run(async () =>
        {
            await end.SendAsync(other, data, partBytes: 60_000);
            end.Dismiss(other.Session!);
        });
        await Soon.UntilAsync(() => !end.CanSendStream(other.Session!), "the sender is held up");
        Assert.That(sending.IsCompleted, Is.False);
        if (IsExtended)
        {
            // It is this stream that waits, and nothing else.
            Assert.That((await edge.CallAsync("echo", "x"u8.ToArray()).InTime()).Payload.Length, Is.EqualTo(1));
        }

        using var hash = SHA256.Create();
        Assert.That(await hash.ComputeHashAsync(stream).InTime(), Is.EqualTo(SHA256.HashData(data)));
        await sending.InTime();
    }

    [Test]
    public async Task A_slow_receiver_holds_up_the_writer_with_bounded_memory_and_loses_nothing()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        await using var stream = await edge.OpenStreamAsync("bulk").InTime();
        var other = end.Streams.Single();
        var data = RandomNumberGenerator.GetBytes(32 * 1024 * 1024);
        var writing = Task.Run(async () =>
        {
            for (var rest = data.AsMemory(); !rest.IsEmpty; rest = rest[Math.Min(rest.Length, 100_001)..])
            {
                await stream.WriteAsync(rest[..Math.Min(rest.Length, 100_001)]);
            }

            await stream.CompleteWritesAsync();
        });
        await Soon.UntilAsync(() => IsHeldUp(edge, end), "the writer is held up");
        Assert.That(edge.Connection.OutboundBytes, Is.LessThanOrEqualTo((edge.Connection.Options.MaxOutboundBytes / 4) + (64 * 1024)));
        Assert.That(writing.IsCompleted, Is.False);
        Assert.That(await HashAsync(other), Is.EqualTo(SHA256.HashData(data)));
        await writing.InTime();
    }

    [Test]
    public async Task A_write_that_waits_for_room_can_be_canceled()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        var stream = await edge.OpenStreamAsync("bulk").InTime();
        using var giveUp = new CancellationTokenSource();
        var writing = stream.WriteAsync(new byte[64 * 1024 * 1024], giveUp.Token).AsTask();
        await Soon.UntilAsync(() => IsHeldUp(edge, end), "the writer is held up");
        giveUp.Cancel();
        await Assert.CatchAsync<OperationCanceledException>(() => writing.InTime());
        end.Cut();
        await edge.Completion.InTime();
    }

    [Test]
    public async Task Pipes_read_and_write_the_same_bytes()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        await using var stream = await edge.OpenStreamAsync("pipe").InTime();
        var other = end.Streams.Single();
        var data = RandomNumberGenerator.GetBytes(500_000);
        var received = HashAsync(other);
        stream.Output.Write(data);
        await stream.Output.FlushAsync().InTime();
        stream.Output.Write("tail"u8);
        await stream.Output.CompleteAsync().InTime(); // Ends this half, with what was not flushed.
        Assert.That(await received, Is.EqualTo(SHA256.HashData([.. data, .. "tail"u8])));
        await end.SendAsync(other, "pong"u8.ToArray());
        end.Dismiss(other.Session!);
        var read = await stream.Input.ReadAtLeastAsync(4).InTime();
        Assert.That(Encoding.UTF8.GetString(read.Buffer), Is.EqualTo("pong"));
        stream.Input.AdvanceTo(read.Buffer.End);
        Assert.That((await stream.Input.ReadAsync().InTime()).IsCompleted);
    }

    [Test]
    public async Task Disposing_ends_both_directions_and_releases_a_connection_that_the_stream_held_up()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { StreamBufferBytes = 1024 });
        await using var _ = edge;
        var stream = await edge.OpenStreamAsync("bulk").InTime();
        var other = end.Streams.Single();
        await end.SendAsync(other, new byte[200_000]);
        await stream.DisposeAsync().InTime();
        await end.SendAsync(other, new byte[1_000_000]); // Nobody reads it, so it does not have to wait.
        await other.Finished.Task.InTime();
        Assert.That((await edge.CallAsync("echo", "x"u8.ToArray()).InTime()).Payload.Length, Is.EqualTo(1));
        end.Dismiss(other.Session!);
        await Soon.UntilAsync(() => edge.Connection.SessionCount == 0 && end.SessionCount == 0, "both ends have forgotten the stream");
    }

    [Test]
    public async Task A_stream_that_is_disposed_says_so_to_who_uses_it_as_every_stream_does()
    {
        await using var gateway = new TestGateway();
        var (edge, _) = await gateway.ConnectEdgeAsync();
        await using var _2 = edge;
        var stream = await edge.OpenStreamAsync("over").InTime();
        await stream.DisposeAsync();
        await stream.DisposeAsync();
        var buffer = new byte[1];
        using (Assert.EnterMultipleScope())
        {
            Assert.That((stream.CanRead, stream.CanWrite), Is.EqualTo((false, false)));
            Assert.That(async () => await stream.ReadAsync(buffer), Throws.InstanceOf<ObjectDisposedException>());
            Assert.That(async () => await stream.WriteAsync(buffer), Throws.InstanceOf<ObjectDisposedException>());
            Assert.That(async () => await stream.CopyToAsync(Stream.Null), Throws.InstanceOf<ObjectDisposedException>());
            Assert.That(() => stream.Read(buffer), Throws.InstanceOf<ObjectDisposedException>());
            Assert.That(() => stream.Write(buffer), Throws.InstanceOf<ObjectDisposedException>());
        }
    }

    [Test]
    public async Task What_was_received_before_an_abort_is_read_through_pipes_too_before_reading_fails()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        await using var stream = await edge.OpenStreamAsync("aborted").InTime();
        var other = end.Streams.Single();
        await end.SendAsync(other, "12345"u8.ToArray());
        end.Dismiss(other.Session!, StreamSession.AbortedText);
        var read = await stream.Input.ReadAtLeastAsync(5).InTime();
        Assert.That((read.Buffer.Length, read.IsCompleted), Is.EqualTo((5, false)));
        stream.Input.AdvanceTo(read.Buffer.GetPosition(1), read.Buffer.GetPosition(3)); // Two are left to look at.
        read = await stream.Input.ReadAsync().InTime();
        Assert.That(read.Buffer.Length, Is.EqualTo(4));
        stream.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End); // All were looked at, and more is wanted.
        var error = await Assert.ThrowsAsync<StreamAbortedException>(() => stream.Input.ReadAsync().InTime());
        Assert.That(error!.Reason, Is.EqualTo(IsExtended ? StreamAbortReason.WriterAborted : StreamAbortReason.ConnectionLost));
        Assert.That(() => stream.Input.TryRead(out var _), Throws.InstanceOf<StreamAbortedException>());
        stream.Input.Complete();
    }

    [Test]
    public async Task A_read_of_an_aborted_stream_can_be_canceled_and_fails_afterwards()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        await using var stream = await edge.OpenStreamAsync("aborted").InTime();
        end.Dismiss(end.Streams.Single().Session!, StreamSession.AbortedText);
        await edge.CallAsync("echo", default).InTime(); // By now it has come.
        stream.Input.CancelPendingRead();
        var read = await stream.Input.ReadAsync().InTime();
        Assert.That((read.IsCanceled, read.IsCompleted), Is.EqualTo((true, false)));
        stream.Input.AdvanceTo(read.Buffer.Start);
        await Assert.ThrowsAsync<StreamAbortedException>(() => stream.Input.ReadAsync().InTime());
    }

    [Test]
    public async Task Disposing_ends_a_read_that_waits()
    {
        await using var gateway = new TestGateway();
        var (edge, _) = await gateway.ConnectEdgeAsync();
        await using var _2 = edge;
        var stream = await edge.OpenStreamAsync("quiet").InTime();
        var reading = stream.ReadAsync(new byte[10]).AsTask();
        await stream.DisposeAsync().InTime();
        await Assert.CatchAsync<Exception>(() => reading.InTime());
        Assert.That(reading.IsCompleted);
    }

    [Test]
    public async Task A_lost_connection_is_an_error_to_readers_and_writers_and_not_an_end()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var stream = await edge.OpenStreamAsync("bulk").InTime();
        var reading = stream.ReadAsync(new byte[10]).AsTask();
        var calling = stream.CallAsync("never", default).AsTask();
        gateway.OnRequest = (_, _) => { };
        end.Cut();
        var error = await Assert.ThrowsAsync<StreamAbortedException>(() => reading.InTime());
        Assert.That((error!.Reason, ((FrontierException)error.InnerException!).Code), Is.EqualTo((StreamAbortReason.ConnectionLost, FrontierErrorCode.ConnectionLost)));
        await edge.Completion.InTime();
        await Assert.ThrowsAsync<StreamAbortedException>(() => stream.WriteAsync(new byte[1]).InTime());
        Assert.That(PendingState.Count(edge), Is.Zero);
        Assert.That(calling.IsFaulted || calling.IsCompletedSuccessfully);
    }

    [Test]
    public async Task Messages_and_calls_flow_inside_a_stream_both_ways()
    {
        await using var gateway = new TestGateway();
        var (service, end) = await gateway.ConnectServiceAsync();
        await using var _ = service;
        await using var stream = await service.OpenStreamAsync(7).InTime();
        var other = end.Streams.Single();
        var custom = new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

        var response = await stream.CallAsync("echo", "in"u8.ToArray(), new CallOptions { Custom = custom }).InTime();
        Assert.That(response.Custom.ToArray(), Is.EqualTo(custom), "no edge id is added inside a stream");
        await stream.PublishAsync("topic", "msg"u8.ToArray()).InTime();
        Assert.That(end.Seen.Select(r => (r.SessionId, r.Type)), Is.EqualTo(new[] { (stream.Id, FrameType.Request), (stream.Id, FrameType.Message) }));

        FrontierRequest? got = null;
        await stream.RegisterAsync(
            "inner",
            (request, _) =>
            {
                got = request;
                return new ValueTask<CallResponse>(request.Payload);
            }).InTime();
        Assert.That(end.Registered, Is.EqualTo(new[] { (stream.Id, "inner") }));
        Assert.That((await end.CallAsync("inner", [1], custom, sessionId: stream.Id).InTime()).Payload, Is.EqualTo(new byte[] { 1 }));
        Assert.That((got!.Stream, got.EdgeId, got.Custom.Length), Is.EqualTo((stream, 0UL, 9)), "nor cut off");
        Assert.That((await end.CallAsync("inner", [1]).InTime()).Error, Is.EqualTo("no such rpc: inner"), "a stream's methods are its own");
        Assert.That((await end.RegisterAsync("theirs", stream.Id).InTime()).Error, Is.Empty);

        var published = end.PublishAsync("t", [3], custom, stream.Id);
        await foreach (var message in stream.ReceiveAsync())
        {
            Assert.That((message.Stream, message.EdgeId, message.Topic), Is.EqualTo((stream, 0UL, "t")));
            await message.AckAsync();
            break;
        }

        Assert.That((await published.InTime()).SessionId, Is.EqualTo(stream.Id));
        await PendingState.IsEmptyAsync(service);
    }

    [Test]
    public async Task Calls_in_a_stream_end_with_it()
    {
        await using var gateway = new TestGateway { OnRequest = (_, _) => { } };
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        await using var stream = await edge.OpenStreamAsync("rpc").InTime();
        var calls = Enumerable.Range(0, 10).Select(_ => stream.CallAsync("never", default).AsTask()).ToArray();
        await Soon.UntilAsync(() => end.Seen.Count == 10, "the calls have arrived");
        end.Dismiss(end.Streams.Single().Session!);
        foreach (var call in calls)
        {
            Assert.That((await Assert.ThrowsAsync<FrontierException>(() => call.InTime()))!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
        }

        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => stream.CallAsync("after", default).InTime()))!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
        var messages = 0;
        await foreach (var message in stream.ReceiveAsync())
        {
            messages++;
        }

        Assert.That(messages, Is.Zero);
        await PendingState.IsEmptyAsync(edge);
    }

    [Test]
    public async Task Many_streams_at_once_each_keep_their_own_bytes()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            var data = RandomNumberGenerator.GetBytes(20_000 + (i * 1000));
            await using var stream = await edge.OpenStreamAsync($"s{i}");
            var other = end.Streams.Single(s => s.Peer == $"s{i}");
            await stream.WriteAsync(data);
            await stream.CompleteWritesAsync();
            Assert.That(await HashAsync(other), Is.EqualTo(SHA256.HashData(data)));
            end.Dismiss(other.Session!);
        })).InTime();
        await Soon.UntilAsync(() => edge.Connection.SessionCount == 0 && end.SessionCount == 0, "both ends have forgotten the streams");
    }

    private static bool IsHeldUp(FrontierClient client, GatewayEnd end) =>
        client.Connection.IsCongested || ((end.PeerFeatures & PeerFeatures.StreamCredit) != 0 && end.StreamBytes >= GeminioConnection.StreamWindow);

    private static async Task<byte[]> HashAsync(GatewayStream stream)
    {
        using var hash = SHA256.Create();
        return await hash.ComputeHashAsync(stream.Reader.AsStream()).InTime();
    }
}
