using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Connections;

[TestFixture]
public sealed class RequestTests
{
    [Test]
    public async Task A_request_is_answered_under_its_own_id()
    {
        var (acceptor, peer) = await Links.Open();
        await peer.Send(Wire.Request(Links.FirstId + 2, "echo", "hello"));
        var answer = await peer.Read(FrameType.Response);
        Assert.That(answer.PacketId, Is.EqualTo(Links.FirstId + 2));
        Assert.That(Message.Parse(answer.Body), Is.EqualTo(new Message { SessionId = 1, Key = "echo", Value = "hello" }));
        Assert.That(acceptor.InFlight, Is.Zero);
        await Links.End(acceptor);
    }

    [Test]
    public async Task Answers_find_who_asked_whatever_their_order()
    {
        var (acceptor, peer) = await Links.Open();
        for (ulong i = 0; i < 100; i++)
        {
            Assert.That(acceptor.Call("m" + i, origin: i), Is.EqualTo(SendOutcome.Sent));
        }

        var requests = new List<ReceivedFrame>();
        for (var i = 0; i < 100; i++)
        {
            requests.Add(await peer.Read(FrameType.Request));
        }

        Assert.That(requests.Select(request => request.PacketId).Distinct().Count(), Is.EqualTo(100));
        Assert.That(requests.Select(request => request.PacketId & 1), Is.All.Zero, "acceptors count in even numbers");
        var shuffled = requests.ToArray();
        new Random(1).Shuffle(shuffled);
        foreach (var request in shuffled)
        {
            await peer.Send(Wire.Response(request.PacketId, "m", Message.Parse(request.Body).Key));
        }

        await Eventually.True(() => acceptor.Outcomes.Count == 100, "every answer arrives");
        Assert.That(acceptor.Outcomes.Select(outcome => outcome.Message.Value), Is.EqualTo(acceptor.Outcomes.Select(outcome => "m" + outcome.Origin)));
        Assert.That(acceptor.Outcomes.Select(outcome => outcome.Origin), Is.Unique);
        await Links.End(acceptor);
    }

    [Test]
    public async Task The_memory_of_a_burst_is_kept_for_the_next_one_and_given_back_at_the_next_timer()
    {
        const int Burst = 2000;
        var (acceptor, dialer) = await Links.Pair();
        var batch = FlushBatch.Enter(); // None leaves, and so none is answered, before all have been made: on a busy machine few would be in flight at a time.
        for (ulong i = 0; i < Burst; i++)
        {
            Assert.That(acceptor.Call("m", origin: i), Is.EqualTo(SendOutcome.Sent));
        }

        batch.Exit();
        await Eventually.True(() => acceptor.Outcomes.Count == Burst, "every call is answered");
        Assert.That(acceptor.InFlightCapacity, Is.GreaterThanOrEqualTo(Burst));
        foreach (var connection in new[] { acceptor, dialer })
        {
            connection.OnTimer(Environment.TickCount64);
            Assert.That(connection.InFlightCapacity, Is.LessThanOrEqualTo(128));
        }

        await Links.End(acceptor, dialer);
    }

    [Test]
    public async Task A_message_is_acked_and_a_registration_is_answered()
    {
        var (acceptor, dialer) = await Links.Pair();
        dialer.Publish("topic", "payload", origin: 1);
        dialer.RegisterMethod("métier", origin: 2);
        await Eventually.True(() => dialer.Outcomes.Count == 2, "both are answered");
        Assert.That(dialer.Outcomes.Select(outcome => (outcome.Origin, outcome.Answer)), Is.EquivalentTo(new (ulong, FrameType?)[] { (1, FrameType.MessageAck), (2, FrameType.RegisterAck) }));
        var received = acceptor.Requests.Single();
        Assert.That((received.Type, received.Topic, received.Value), Is.EqualTo((FrameType.Message, "topic", "payload")));
        Assert.That(acceptor.Registered, Is.EqualTo(new[] { "métier" }));
        await Links.End(acceptor, dialer);
    }

    [Test]
    public async Task An_answer_of_the_wrong_kind_or_to_nothing_is_ignored_and_counted()
    {
        var (acceptor, peer) = await Links.Open();
        acceptor.Call("m", origin: 1);
        var request = await peer.Read(FrameType.Request);
        await peer.Send(
            Wire.Frame(FrameType.MessageAck, request.PacketId, Wire.Body(1, "{}")),
            Wire.Frame(FrameType.RegisterAck, request.PacketId, Wire.Body(1, "{}")),
            Wire.SessionAck(request.PacketId, 3, 3),
            Wire.Response(request.PacketId + 2, "m", "nobody asked"),
            Wire.Response(request.PacketId, "m", "right"),
            Wire.Response(request.PacketId, "m", "again"),
            Wire.Frame(FrameType.Heartbeat, Links.FirstId + 8));
        await peer.Read(FrameType.HeartbeatAck);
        Assert.That(acceptor.Outcomes.Single().Message.Value, Is.EqualTo("right"));
        Assert.That(acceptor.IgnoredFrames, Is.EqualTo(5));
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_malformed_answer_ends_its_senders_connection_and_whoever_asked_hears_of_it_once()
    {
        var (acceptor, peer) = await Links.Open();
        acceptor.Call("m", origin: 9);
        var request = await peer.Read(FrameType.Request);
        await peer.Send(Wire.Frame(FrameType.Response, request.PacketId, Wire.Body(1, """{"value":"?"}""")));
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.MalformedBase64));
        Assert.That(acceptor.Outcomes.Select(outcome => (outcome.Origin, outcome.Loss)), Is.EqualTo(new[] { (9ul, (ReplyLoss?)ReplyLoss.ConnectionClosed) }));
    }

    [Test]
    public async Task A_request_that_is_not_answered_in_time_times_out_and_its_late_answer_is_ignored()
    {
        var (acceptor, peer) = await Links.Open();
        acceptor.Call("m", origin: 1, deadline: Environment.TickCount64 + 50);
        var request = await peer.Read(FrameType.Request);
        await Eventually.True(() => !acceptor.Outcomes.IsEmpty, "the request times out");
        Assert.That(acceptor.Outcomes.Single().Loss, Is.EqualTo(ReplyLoss.Timeout));
        await peer.Send(Wire.Response(request.PacketId, "m", "late"), Wire.Frame(FrameType.Heartbeat, Links.FirstId + 8));
        Assert.That((await peer.Read()).Type, Is.EqualTo(FrameType.HeartbeatAck), "a plain peer is not told");
        Assert.That(acceptor.Outcomes, Has.Count.EqualTo(1));
        await Links.End(acceptor);
    }

    [Test]
    public async Task Deadlines_are_kept_apart()
    {
        var (acceptor, _) = await Links.Open();
        var now = Environment.TickCount64;
        for (ulong i = 0; i < 300; i++)
        {
            acceptor.Call("m", origin: i, deadline: i % 3 == 0 ? long.MaxValue : now + (long)(i % 100));
        }

        await Eventually.True(() => acceptor.Outcomes.Count == 200, "those with a deadline time out");
        Assert.That(acceptor.Outcomes.Select(outcome => outcome.Loss), Is.All.EqualTo(ReplyLoss.Timeout));
        Assert.That(acceptor.Outcomes.Select(outcome => outcome.Origin), Is.Unique.And.All.Matches<ulong>(origin => origin % 3 != 0));
        await Links.End(acceptor);
    }

    [Test]
    public async Task RequestCancel_goes_only_to_peers_that_announced_it()
    {
        var (acceptor, peer) = await Links.Open();
        acceptor.Call("m", origin: 1);
        await peer.Read(FrameType.Request);
        acceptor.Cancel(1);
        acceptor.Call("marker");
        Assert.That((await peer.Read()).Type, Is.EqualTo(FrameType.Request));
        Assert.That(acceptor.Outcomes.Single().Loss, Is.EqualTo(ReplyLoss.Canceled));
        await Links.End(acceptor);

        (acceptor, peer) = await Links.Open(flags: 0x58, json: """{"features":"cancel"}""");
        acceptor.Call("m", origin: 1, session: 1);
        var request = await peer.Read(FrameType.Request);
        acceptor.Cancel(1);
        acceptor.Cancel(1);
        var cancel = await peer.Read(FrameType.RequestCancel);
        Assert.That(cancel.PacketId, Is.EqualTo(request.PacketId));
        Assert.That(cancel.Body, Is.EqualTo((byte[])[.. Wire.Id(1), 0, 1]));

        acceptor.Call("m", origin: 2, deadline: Environment.TickCount64);
        request = await peer.Read(FrameType.Request);
        cancel = await peer.Read(FrameType.RequestCancel);
        Assert.That((cancel.PacketId, cancel.Body[9]), Is.EqualTo((request.PacketId, (byte)2)), "2 says that the deadline passed");

        acceptor.Publish("t", origin: 3);
        await peer.Read(FrameType.Message);
        acceptor.Cancel(3);
        acceptor.Call("marker");
        Assert.That((await peer.Read()).Type, Is.EqualTo(FrameType.Request), "only requests can be canceled on the wire");
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_cancel_of_the_peer_reaches_who_handles_the_request_which_is_still_answered()
    {
        var (acceptor, peer) = await Links.Open(setUp: connection => connection.WhenRequest = (self, request) => self.Take(request.PacketId));
        await peer.Send(Wire.Request(Links.FirstId + 2, "m", "x"), Wire.Cancel(Links.FirstId + 2), Wire.Cancel(Links.FirstId + 4));
        await Eventually.True(() => !acceptor.Canceled.IsEmpty, "the handler hears of it");
        Assert.That(acceptor.Canceled, Is.EqualTo(new[] { Links.FirstId + 2 }));
        acceptor.Reply(acceptor.Requests.Single(), error: "canceled");
        Assert.That(Message.Parse((await peer.Read(FrameType.Response)).Body).Error, Is.EqualTo("canceled"));
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_cancel_follows_a_request_that_was_passed_on()
    {
        foreach (var announces in new[] { true, false })
        {
            var (target, targetPeer) = await Links.Open(flags: 0x58, json: """{"features":"cancel"}""");
            var (origin, peer) = await Links.Open(flags: (byte)(announces ? 0x58 : 0x18), json: announces ? """{"features":"cancel"}""" : "{}", setUp: connection => connection.WhenRequest = (self, request) =>
            {
                self.Take(request.PacketId, target);
                target.Call(request.Key, origin: request.PacketId, sink: self);
            });
            await peer.Send(Wire.Request(Links.FirstId + 2, "a", "x"), Wire.Request(Links.FirstId + 4, "b", "x"));
            await targetPeer.Read(FrameType.Request);
            var second = await targetPeer.Read(FrameType.Request);
            await peer.Send(Wire.Cancel(Links.FirstId + 4), Wire.Cancel(Links.FirstId + 4));
            Assert.That((await targetPeer.Read(FrameType.RequestCancel)).PacketId, Is.EqualTo(second.PacketId));
            await Eventually.True(() => !origin.Outcomes.IsEmpty, "the origin hears that no answer comes");
            Assert.That(origin.Outcomes.Select(outcome => (outcome.Origin, outcome.Loss)), Is.EqualTo(new[] { (Links.FirstId + 4, (ReplyLoss?)ReplyLoss.Canceled) }));
            await Links.End(origin, target);
        }
    }

    [Test]
    public async Task A_peer_that_vanishes_takes_back_all_it_asked_of_others_and_nothing_else()
    {
        const int Calls = 20_000;
        var (target, targetPeer) = await Links.Open(bufferBytes: 16 * 1024 * 1024, flags: 0x58, json: """{"features":"cancel"}""", options: new ConnectionOptions { MaxOutboundBytes = 64 * 1024 * 1024 });
        var (origin, peer) = await Links.Open(bufferBytes: 16 * 1024 * 1024, setUp: connection => connection.WhenRequest = (self, request) =>
        {
            self.Take(request.PacketId, target);
            target.Call(request.Key, origin: request.PacketId, sink: self);
        });
        target.Call("own", origin: Links.FirstId + 2);
        await peer.Send([.. Enumerable.Range(1, Calls).SelectMany(i => Wire.Request(Links.FirstId + (2 * (ulong)i), "m", "x"))]);
        for (var i = 0; i <= Calls; i++)
        {
            await targetPeer.Read(FrameType.Request);
        }

        peer.Hangup();
        Assert.That(await Eventually.Done(origin.Run, "the origin ends"), Is.EqualTo(DisconnectReason.ConnectionLost));
        Assert.That(origin.Outcomes, Has.Count.EqualTo(Calls));
        Assert.That(origin.Outcomes.Select(outcome => outcome.Loss), Is.All.EqualTo(ReplyLoss.Canceled));
        Assert.That(target.Outcomes, Is.Empty, "what others asked of the target is still awaited");
        var canceled = new HashSet<ulong>();
        for (var i = 0; i < Calls; i++)
        {
            canceled.Add((await targetPeer.Read(FrameType.RequestCancel)).PacketId);
        }

        Assert.That(canceled, Has.Count.EqualTo(Calls));
        await Links.End(target);
    }

    [Test]
    public async Task Requests_beyond_the_limit_are_refused_in_both_directions()
    {
        var (acceptor, peer) = await Links.Open(new ConnectionOptions { MaxInFlight = 3 }, connection => connection.WhenRequest = (self, request) =>
        {
            if (!self.Take(request.PacketId))
            {
                self.Turn(request, "too many in flight");
            }
        });
        for (ulong i = 1; i <= 4; i++)
        {
            await peer.Send(Wire.Request(Links.FirstId + (2 * i), "m", "x"));
        }

        var refusal = await peer.Read(FrameType.Response);
        Assert.That((refusal.PacketId, Message.Parse(refusal.Body).Error), Is.EqualTo((Links.FirstId + 8, "too many in flight")));
        Assert.That(acceptor.InFlight, Is.EqualTo(3));
        acceptor.Reply(acceptor.Requests.First());
        await peer.Read(FrameType.Response);
        await peer.Send(Wire.Request(Links.FirstId + 10, "m", "x"));
        await Eventually.True(() => acceptor.InFlight == 3, "there is room again");

        Assert.That(Enumerable.Range(0, 4).Select(_ => acceptor.Call("m")), Is.EqualTo(new[] { SendOutcome.Sent, SendOutcome.Sent, SendOutcome.Sent, SendOutcome.TooManyInFlight }));
        var request = await peer.Read(FrameType.Request);
        await peer.Send(Wire.Response(request.PacketId, "m", ""));
        await Eventually.True(() => acceptor.Outcomes.Count == 1, "one is answered");
        Assert.That(acceptor.Call("m"), Is.EqualTo(SendOutcome.Sent));
        await Links.End(acceptor);
    }

    [Test]
    public async Task An_id_that_is_in_flight_already_is_a_violation()
    {
        var (acceptor, peer) = await Links.Open(setUp: connection => connection.WhenRequest = (self, request) => self.Take(request.PacketId));
        await peer.Send(Wire.Request(Links.FirstId + 2, "m", "x"), Wire.Request(Links.FirstId + 2, "m", "x"));
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.UnexpectedFrame));
    }

    [Test]
    public async Task A_frame_larger_than_peers_accept_is_not_sent()
    {
        var (acceptor, peer) = await Links.Open(new ConnectionOptions { MaxFrameBytes = 1000 });
        Assert.That(acceptor.Call("m", new string('x', 1000)), Is.EqualTo(SendOutcome.TooLarge));
        Assert.That(acceptor.Call("m", "small"), Is.EqualTo(SendOutcome.Sent));
        Assert.That(Message.Parse((await peer.Read(FrameType.Request)).Body).Value, Is.EqualTo("small"));
        await Links.End(acceptor);
    }

    [Test]
    public async Task An_answer_larger_than_peers_accept_becomes_an_error()
    {
        // An answer that is passed on grows by an id: whoever sent it at the limit must not be able to have the asking peer's connection closed.
        var (acceptor, peer) = await Links.Open(new ConnectionOptions { MaxFrameBytes = 1000 }, connection => connection.WhenRequest = (self, request) =>
        {
            self.Take(request.PacketId);
            self.Reply(request, new string('x', request.Value == "key" ? 0 : 1000));
        });
        await peer.Send(Wire.Request(Links.FirstId + 2, "m", "x"));
        Assert.That(Message.Parse((await peer.Read(FrameType.Response)).Body), Is.EqualTo(new Message { SessionId = 1, Key = "m", Error = "answer too large" }));

        await peer.Send(Wire.Request(Links.FirstId + 4, new string('k', 680), "key"));
        Assert.That(Message.Parse((await peer.Read(FrameType.Response)).Body), Is.EqualTo(new Message { SessionId = 1, Error = "answer too large" }));
        Assert.That(acceptor.InFlight, Is.Zero);
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_frame_above_the_limit_ends_the_connection_of_who_sent_it()
    {
        var (acceptor, peer) = await Links.Open(new ConnectionOptions { MaxFrameBytes = 1000 });
        await peer.Send(Wire.Request(Links.FirstId + 2, "m", new string('x', 2000))[..Frame.HeaderLength]);
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.FrameTooLarge));
    }

    [Test]
    public async Task Requests_on_a_session_that_is_not_there_are_answered_with_an_error()
    {
        var (acceptor, peer) = await Links.Open();
        await peer.Send(Wire.Request(Links.FirstId + 2, "m", "x", session: 99), Wire.Frame(FrameType.Message, Links.FirstId + 6, Wire.Body(99, "{}")));
        var response = await peer.Read(FrameType.Response);
        Assert.That((response.PacketId, response.SessionId, Message.Parse(response.Body).Error), Is.EqualTo((Links.FirstId + 2, 99ul, "session not found")));
        var ack = await peer.Read(FrameType.MessageAck);
        Assert.That((ack.PacketId, ack.SessionId, Message.Parse(ack.Body).Error), Is.EqualTo((Links.FirstId + 6, 99ul, "session not found")));
        Assert.That(acceptor.Requests, Is.Empty);
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_method_name_that_is_too_long_or_no_text_is_refused()
    {
        var (acceptor, peer) = await Links.Open(new ConnectionOptions { MaxNameBytes = 10 });
        await peer.Send(Wire.Frame(FrameType.Register, Links.FirstId + 2, [.. Wire.Id(1), .. "12345678901"u8]), Wire.Frame(FrameType.Register, Links.FirstId + 4, [.. Wire.Id(1), .. "1234567890"u8]));
        Assert.That((await peer.Read(FrameType.RegisterAck)).Json, Is.EqualTo("""{"error":"method name too large"}"""));
        Assert.That((await peer.Read(FrameType.RegisterAck)).Json, Is.EqualTo("{}"));
        Assert.That(acceptor.Registered, Is.EqualTo(new[] { "1234567890" }));
        await peer.Send(Wire.Frame(FrameType.Register, Links.FirstId + 6, [.. Wire.Id(1), 0xff]));
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.MalformedUtf8));
    }

    [TestCase(FrameType.Request)]
    [TestCase(FrameType.Message)]
    [TestCase(FrameType.Register)]
    [TestCase(FrameType.RequestCancel)]
    [TestCase(FrameType.Stream)]
    [TestCase(FrameType.Session)]
    [TestCase(FrameType.Dismiss)]
    [TestCase(FrameType.DismissAck)]
    public async Task A_body_cut_short_ends_the_connection(FrameType type)
    {
        var (acceptor, peer) = await Links.Open();
        await peer.Send(Wire.Frame(type, Links.FirstId + 2, 0, 0, 0, 0, 0, 0, 1));
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.TruncatedBody));
    }

    // Some of these are also what a transport that is gone throws.
    [TestCase(typeof(InvalidCastException))]
    [TestCase(typeof(InvalidOperationException))]
    [TestCase(typeof(IOException))]
    [TestCase(typeof(OperationCanceledException))]
    public async Task A_handler_that_throws_is_an_internal_error_of_this_connection_and_no_other(Type failure)
    {
        var (acceptor, peer) = await Links.Open(
            setUp: connection => connection.WhenRequest = (_, _) => throw (Exception)Activator.CreateInstance(failure, "a bug")!);
        await peer.Send(Wire.Request(Links.FirstId + 2, "m", "x"));
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.InternalError));
        Assert.That(acceptor.Failure, Is.TypeOf(failure));
        Assert.That(acceptor.ClosedCount, Is.EqualTo(1));
    }

    [TestCase(typeof(InvalidCastException))]
    [TestCase(typeof(InvalidOperationException))]
    [TestCase(typeof(IOException))]
    public async Task A_transport_that_fails_is_a_lost_connection_whatever_it_throws(Type failure)
    {
        var (acceptor, peer) = await Links.Open();
        peer.Break((Exception)Activator.CreateInstance(failure, "the socket is gone")!);
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.ConnectionLost));
    }

    [Test]
    public async Task Writing_to_a_transport_that_fails_does_not_hurt_whoever_writes()
    {
        var (near, far) = MemoryTransport.CreatePair();
        var receiver = new TestConnection(near, ConnectionRole.Acceptor, Links.Options).Start();
        var receiversPeer = new RawPeer(far);
        await receiversPeer.Send(Wire.Conn(Links.FirstId, 7));
        await receiversPeer.Read(FrameType.ConnAck);
        near.FailWrites(new InvalidCastException("the socket is gone"));
        var (sender, peer) = await Links.Open(setUp: connection => connection.WhenRequest = (self, request) =>
        {
            receiver.Call("forwarded");
            self.Take(request.PacketId);
            self.Reply(request, "still here");
        });
        await peer.Send(Wire.Request(Links.FirstId + 2, "m", "x"));
        Assert.That(Message.Parse((await peer.Read(FrameType.Response)).Body).Value, Is.EqualTo("still here"));
        await peer.Send(Wire.Request(Links.FirstId + 4, "m", "x"));
        Assert.That(Message.Parse((await peer.Read(FrameType.Response)).Body).Value, Is.EqualTo("still here"));
        await Links.End(sender, receiver);
    }
}
