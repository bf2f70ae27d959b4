using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Connections;

/// <summary>A peer gets no more messages than it can take before it acknowledges some; the rest waits for it, in order and bounded.</summary>
[TestFixture]
public sealed class MessageWindowTests
{
    private const int Window = 32;
    private const string Extension = """{"features":"cancel","window":3}""";

    private static long Now => Environment.TickCount64;

    [Test]
    public async Task A_plain_peer_that_stops_for_good_beyond_its_room_gets_every_message_of_a_burst_in_order()
    {
        const int Burst = 1000;
        var (acceptor, peer) = await Links.Open();
        var sdk = new GoLikePeer(peer, room: Window);
        var running = sdk.Run(Burst);
        for (var i = 0; i < Burst; i++)
        {
            Assert.That(acceptor.Publish("t", $"{i}", origin: (ulong)i), Is.EqualTo(SendOutcome.Sent));
        }

        await Eventually.Done(running, "the peer takes all of them");
        await Eventually.True(() => acceptor.Outcomes.Count == Burst, "each is acknowledged");
        Assert.That(sdk.Taken, Is.EqualTo(Enumerable.Range(0, Burst).Select(i => $"{i}")));
        Assert.That(acceptor.WaitingMessageBytes, Is.Zero);
        await Links.End(acceptor);
    }

    [Test]
    public async Task An_extended_peer_has_the_window_that_it_announces([Values(true, false)] bool announces)
    {
        var (acceptor, peer) = await Links.Open(flags: 0x58, json: announces ? Extension : """{"features":"cancel"}""");
        for (ulong i = 0; i < 100; i++)
        {
            acceptor.Publish("t", origin: i);
        }

        acceptor.Call("marker");
        var sent = await ReadUntilRequest(peer);
        Assert.That(sent, Has.Count.EqualTo(announces ? 3 : 100));
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_dialer_announces_its_window_and_the_acceptor_keeps_to_it()
    {
        var (acceptor, dialer) = await Links.Pair(
            new ConnectionOptions { MessageWindow = 2 }, setUpDialer: connection => connection.WhenRequest = (self, request) => self.Take(request.PacketId));
        for (ulong i = 0; i < 10; i++)
        {
            acceptor.Publish("t", $"{i}", origin: i);
        }

        acceptor.Call("marker");
        await Eventually.True(() => dialer.Requests.Any(request => request.Type == FrameType.Request), "the call arrives");
        Assert.That(dialer.Requests.Count(request => request.Type == FrameType.Message), Is.EqualTo(2));
        foreach (var message in dialer.Requests.Where(request => request.Type == FrameType.Message))
        {
            dialer.Reply(message);
        }

        await Eventually.True(() => dialer.Requests.Count(request => request.Type == FrameType.Message) == 4, "two more come for the two that were acknowledged");
        await Links.End(acceptor, dialer);
    }

    [Test]
    public async Task Calls_answers_streams_and_heartbeats_pass_messages_that_wait()
    {
        var (acceptor, peer) = await Links.Open();
        await peer.Send(Wire.Session(Links.FirstId + 2, 77));
        await peer.Read(FrameType.SessionAck);
        for (var i = 0; i < Window + 10; i++)
        {
            acceptor.Publish("t");
        }

        acceptor.Call("m");
        await peer.Send(Wire.Request(Links.FirstId + 4, "m", "x"), Wire.Frame(FrameType.Heartbeat, Links.FirstId + 6));
        acceptor.Stream(acceptor.Opened.Single(), [1, 2, 3]);
        var types = new List<FrameType>();
        while (types.Count < Window + 4)
        {
            types.Add((await peer.Read()).Type);
        }

        Assert.That(types.Count(type => type == FrameType.Message), Is.EqualTo(Window));
        Assert.That(
            types.Where(type => type != FrameType.Message), Is.EquivalentTo([FrameType.Request, FrameType.Response, FrameType.HeartbeatAck, FrameType.Stream]));
        Assert.That(acceptor.WaitingMessageBytes, Is.GreaterThan(0));
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_message_whose_deadline_passes_while_it_waits_times_out_and_is_never_sent()
    {
        var (acceptor, peer) = await Links.Open();
        var sent = await FillWindow(acceptor, peer);
        acceptor.Publish("t", "late", origin: 100, deadline: Now + 10_000);
        acceptor.Publish("t", "in time", origin: 101);
        acceptor.OnTimer(Now + 9000);
        Assert.That(acceptor.Outcomes, Is.Empty);

        acceptor.OnTimer(Now + 11_000);
        var outcome = acceptor.Outcomes.Single();
        Assert.That((outcome.Origin, outcome.Loss), Is.EqualTo((100UL, ReplyLoss.Timeout)));
        await peer.Send(Ack(sent[0]));
        Assert.That(Text(await peer.Read(FrameType.Message)), Is.EqualTo("in time"));
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_message_that_the_peer_acknowledges_after_its_deadline_takes_its_room_until_then()
    {
        var (acceptor, peer) = await Links.Open();
        for (ulong i = 0; i < Window; i++)
        {
            acceptor.Publish("t", origin: i, deadline: Now + 10_000);
        }

        var sent = await ReadMessages(peer, Window);
        acceptor.Publish("t", "next", origin: 100);
        acceptor.OnTimer(Now + 11_000);
        Assert.That(acceptor.Outcomes, Has.Count.EqualTo(Window));
        acceptor.Call("marker");
        Assert.That((await peer.Read()).Type, Is.EqualTo(FrameType.Request), "the peer still has what was given up");

        await peer.Send(Ack(sent[5]));
        Assert.That(Text(await peer.Read(FrameType.Message)), Is.EqualTo("next"));
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_peer_that_never_acknowledges_still_gets_a_window_of_messages_now_and_then()
    {
        var (acceptor, peer) = await Links.Open(flags: 0x38);
        for (ulong i = 0; i < Window; i++)
        {
            acceptor.Publish("t", origin: i, deadline: Now + 1000);
        }

        await ReadMessages(peer, Window);
        acceptor.Publish("t", "next", origin: 100);
        acceptor.OnTimer(Now + 2000);
        acceptor.OnTimer(Now + 35_000);
        Assert.That(Text(await peer.Read(FrameType.Message)), Is.EqualTo("next"));
        await Links.End(acceptor);
    }

    [Test]
    public async Task Messages_that_wait_are_bounded_in_bytes_and_leave_room_for_calls()
    {
        var (acceptor, peer) = await Links.Open(new ConnectionOptions { MaxOutboundBytes = 64 * 1024 });
        var sent = 0;
        while (acceptor.Publish("t", new string('x', 1000)) == SendOutcome.Sent)
        {
            Assert.That(++sent, Is.LessThan(1000), "memory is bounded");
        }

        Assert.That(acceptor.Publish("t"), Is.EqualTo(SendOutcome.SlowConsumer));
        Assert.That(acceptor.WaitingMessageBytes, Is.LessThan(70 * 1024));
        await ReadMessages(peer, Window);
        Assert.That(acceptor.Call("m"), Is.EqualTo(SendOutcome.Sent), "a call takes none of that room");
        await Links.End(acceptor);
    }

    [Test]
    public async Task Messages_that_wait_count_as_in_flight()
    {
        var (acceptor, _) = await Links.Open(new ConnectionOptions { MaxInFlight = 40 });
        for (var i = 0; i < 40; i++)
        {
            Assert.That(acceptor.Publish("t"), Is.EqualTo(SendOutcome.Sent));
        }

        Assert.That(acceptor.Publish("t"), Is.EqualTo(SendOutcome.TooManyInFlight));
        await Links.End(acceptor);
    }

    [Test]
    public async Task Messages_that_wait_are_given_up_when_the_connection_ends()
    {
        var (acceptor, peer) = await Links.Open();
        for (ulong i = 0; i < 50; i++)
        {
            acceptor.Publish("t", origin: i);
        }

        peer.Hangup();
        await Eventually.Done(acceptor.Run, "the connection ends");
        Assert.That(acceptor.Outcomes.Select(outcome => outcome.Origin), Is.EqualTo(Enumerable.Range(0, 50).Select(i => (ulong)i)), "once each, in order");
        Assert.That(acceptor.Outcomes.Select(outcome => outcome.Loss), Is.All.EqualTo(ReplyLoss.ConnectionClosed));
        Assert.That(acceptor.WaitingMessageBytes, Is.Zero);
    }

    [Test]
    public async Task A_drain_waits_for_messages_that_wait()
    {
        var (acceptor, peer) = await Links.Open();
        for (var i = 0; i < Window + 1; i++)
        {
            acceptor.Publish("t", $"{i}", origin: (ulong)i);
        }

        var closing = acceptor.CloseWhenDoneAsync(DisconnectReason.ShuttingDown, TimeSpan.FromSeconds(20));
        foreach (var id in await ReadMessages(peer, Window))
        {
            await peer.Send(Ack(id));
        }

        var last = await peer.Read(FrameType.Message);
        Assert.That(acceptor.IsOpen, "the last one has not been acknowledged");
        await peer.Send(Ack(last.PacketId));
        await peer.Read(FrameType.Dismiss);
        await Eventually.Done(closing, "nothing is under way");
        await Links.End(acceptor);
    }

    [Test]
    public async Task Messages_of_a_stream_that_wait_go_before_its_end()
    {
        var (acceptor, peer) = await Links.Open();
        await peer.Send(Wire.Session(Links.FirstId + 2, 77));
        await peer.Read(FrameType.SessionAck);
        await FillWindow(acceptor, peer);
        await FillWindow(acceptor, peer, session: 77);
        acceptor.Publish("t", "of the connection");
        acceptor.Publish("t", "of the stream", session: 77);
        acceptor.Dismiss(acceptor.Opened.Single());
        var frame = await peer.Read(FrameType.Message);
        Assert.That((frame.SessionId, Text(frame)), Is.EqualTo((77UL, "of the stream")));
        await peer.Read(FrameType.Dismiss);
        await Links.End(acceptor);
    }

    [Test]
    public async Task Messages_that_nobody_takes_on_a_stream_hold_up_neither_other_streams_nor_the_connection([Values] bool acknowledgesOthers)
    {
        var (acceptor, peer) = await Links.Open();
        await peer.Send(Wire.Session(Links.FirstId + 2, 77), Wire.Session(Links.FirstId + 4, 79));
        await peer.Read(FrameType.SessionAck);
        await peer.Read(FrameType.SessionAck);
        for (ulong i = 0; i < 2 * Window; i++)
        {
            acceptor.Publish("t", "untaken", session: 77, deadline: Now + 10_000);
        }

        await ReadMessages(peer, Window);
        if (acknowledgesOthers)
        {
            acceptor.OnTimer(Now + 11_000); // What was given up stays with the peer.
        }

        foreach (var session in new ulong[] { 79, 1 })
        {
            acceptor.Publish("t", "of another", session: session);
            var message = await peer.Read(FrameType.Message);
            Assert.That((message.SessionId, Text(message)), Is.EqualTo((session, "of another")));
            await peer.Send(Ack(message.PacketId, session));
        }

        acceptor.Publish("t", "untaken", session: 77);
        acceptor.Call("marker");
        Assert.That((await peer.Read()).Type, Is.EqualTo(FrameType.Request), "the stream still has its window");
        await Links.End(acceptor);
    }

    [Test]
    public async Task What_is_left_on_a_stream_that_has_ended_holds_up_nothing()
    {
        var (acceptor, peer) = await Links.Open();
        for (ulong stream = 0; stream < 3; stream++)
        {
            var session = 101 + (2 * stream);
            await peer.Send(Wire.Session(Links.FirstId + 2 + (4 * stream), session));
            await peer.Read(FrameType.SessionAck);
            var left = await FillWindow(acceptor, peer, session);
            acceptor.Dismiss(acceptor.Opened.Last());
            var dismiss = await peer.Read(FrameType.Dismiss);
            await peer.Send(Wire.DismissAck(dismiss.PacketId, session), Wire.Dismiss(Links.FirstId + 4 + (4 * stream), session));
            await peer.Read(FrameType.DismissAck);
            await peer.Send(Ack(left[0], session)); // Late, and nobody is confused by it.
        }

        await FillWindow(acceptor, peer);
        acceptor.Publish("t", "next");
        acceptor.Call("marker");
        Assert.That((await peer.Read()).Type, Is.EqualTo(FrameType.Request), "the connection has one window and no more");
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_message_that_waits_is_delivered_though_its_sender_has_left()
    {
        var (target, targetPeer) = await Links.Open();
        var (source, sourcePeer) = await Links.Open(setUp: connection => connection.WhenRequest = (self, request) =>
        {
            self.Take(request.PacketId, target);
            target.TrySend(
                FrameType.Message,
                new MessageBody { SessionId = 1, IsBinary = true, Value = Wire.Utf8(request.Value) },
                new PendingReply { Sink = self, OriginPacketId = request.PacketId, Deadline = long.MaxValue });
        });
        for (var i = 0; i < Window + 5; i++)
        {
            await sourcePeer.Send(Wire.Frame(
                FrameType.Message, Links.FirstId + 2 + (2 * (ulong)i), Wire.Body(1, $$"""{"value":"{{Wire.Base64($"{i}")}}"}""")));
        }

        await Eventually.True(() => source.Requests.Count == Window + 5, "all are passed on");
        sourcePeer.Hangup();
        await Eventually.Done(source.Run, "the sender is gone");
        foreach (var id in await ReadMessages(targetPeer, Window))
        {
            await targetPeer.Send(Ack(id));
        }

        for (var i = Window; i < Window + 5; i++)
        {
            Assert.That(Text(await targetPeer.Read(FrameType.Message)), Is.EqualTo($"{i}"));
        }

        await Links.End(target);
    }

    [Test]
    public async Task A_queue_of_waiting_messages_that_is_never_empty_does_not_grow()
    {
        var (acceptor, peer) = await Links.Open(bufferBytes: 1 << 20);
        var body = new string('x', 3000);
        for (var i = 0; i < 200; i++)
        {
            acceptor.Publish("t", body);
        }

        var most = acceptor.WaitingMessageBytes;
        for (var i = 0; i < 300; i++)
        {
            await peer.Send(Ack((await peer.Read(FrameType.Message)).PacketId));
            acceptor.Publish("t", body);
            await Eventually.True(() => acceptor.Outcomes.Count == i + 1, "it is acknowledged");
        }

        Assert.That(acceptor.WaitingMessageBytes, Is.InRange(1, most + 10_000));
        await Links.End(acceptor);
    }

    private static byte[] Ack(ulong packetId, ulong session = 1) => Wire.Frame(FrameType.MessageAck, packetId, Wire.Body(session, "{}"));

    private static string Text(ReceivedFrame frame) => Wire.Text(MessageBody.Parse(frame.Body).DecodeValue());

    private static async Task<List<ulong>> FillWindow(TestConnection connection, RawPeer peer, ulong session = GeminioConnection.RootSessionId)
    {
        for (var i = 0; i < Window; i++)
        {
            connection.Publish("t", origin: (ulong)i, session: session);
        }

        return await ReadMessages(peer, Window);
    }

    private static async Task<List<ulong>> ReadMessages(RawPeer peer, int count)
    {
        var ids = new List<ulong>();
        while (ids.Count < count)
        {
            ids.Add((await peer.Read(FrameType.Message)).PacketId);
        }

        return ids;
    }

    private static async Task<List<ulong>> ReadUntilRequest(RawPeer peer)
    {
        var ids = new List<ulong>();
        while (await peer.Read() is { Type: FrameType.Message } message)
        {
            ids.Add(message.PacketId);
        }

        return ids;
    }

    /// <summary>
    /// An end as the Go SDK: one loop hands messages to the application, which has so much room, and sends the application's acknowledgements. When a message finds
    /// no room the loop stops, and with it the acknowledgements that would make room.
    /// </summary>
    private sealed class GoLikePeer(RawPeer peer, int room)
    {
        private readonly Queue<ReceivedFrame> _inbox = [];

        public List<string> Taken { get; } = [];

        public async Task Run(int messages)
        {
            var random = new Random(1);
            var read = 0;
            while (Taken.Count < messages)
            {
                // The loop takes a frame or an acknowledgement, whichever comes; frames first, as they do in a burst.
                if (_inbox.Count == 0 || (read < messages && random.Next(4) > 0 && await HasFrame()))
                {
                    _inbox.Enqueue(await peer.Read(FrameType.Message));
                    read++;
                    Assert.That(_inbox, Has.Count.LessThanOrEqualTo(room), "the peer stops for good");
                    continue;
                }

                var message = _inbox.Dequeue();
                Taken.Add(Text(message));
                await peer.Send(Ack(message.PacketId));
            }
        }

        private async Task<bool> HasFrame()
        {
            await Task.Yield();
            if (!peer.Transport.Input.TryRead(out var result))
            {
                return false;
            }

            var any = result.Buffer.Length > Frame.HeaderLength;
            peer.Transport.Input.AdvanceTo(result.Buffer.Start);
            return any;
        }
    }
}
