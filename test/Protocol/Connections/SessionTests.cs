using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Connections;

[TestFixture]
public sealed class SessionTests
{
    private const ulong PeersId = Links.FirstId + 0x1001;

    [Test]
    public async Task A_dialers_session_gets_the_openers_own_number()
    {
        var (acceptor, peer) = await Links.Open();
        await peer.Send(Wire.Session(Links.FirstId + 2, PeersId, """{"meta":"bQ==","peer":"svc"}"""));
        var ack = await peer.Read(FrameType.SessionAck);
        Assert.That(ack.Bytes, Is.EqualTo(Wire.SessionAck(Links.FirstId + 2, PeersId, PeersId)));
        Assert.That(acceptor.SessionCount, Is.EqualTo(1));
        Assert.That(acceptor.Opened.Single().Id, Is.EqualTo(PeersId));
        await Links.End(acceptor);
    }

    [Test]
    public async Task An_acceptor_opens_with_its_own_number_and_without_the_flag()
    {
        var (acceptor, peer) = await Links.Open();
        Assert.That(acceptor.Open("service-a", "m", origin: 4), Is.EqualTo(SendOutcome.Sent));
        var open = await peer.Read(FrameType.Session);
        var body = SessionBody.ParseSession(open.Body);
        Assert.That((body.Flags, body.NegotiateId & 1, Wire.Text(body.Peer)), Is.EqualTo(((byte)0, 0ul, "service-a")));
        var id = body.NegotiateId;
        await peer.Send(Wire.SessionAck(open.PacketId, id, id), Wire.Stream(Links.FirstId + 2, id, "early"u8.ToArray()));
        await Eventually.True(() => acceptor.StreamBytes(id).Length == 5, "bytes right behind the answer are not missed");
        Assert.That(acceptor.OpenAnswers.Single(), Is.EqualTo((id, "")));
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_dialer_opens_with_an_odd_number_and_the_flag_and_takes_the_id_it_is_given()
    {
        var (dialer, peer, conn) = await Links.Dial();
        await peer.Send(Wire.ConnAck(conn.PacketId, 7));
        await Eventually.True(() => dialer.IsOpen, "the dialer is let in");
        dialer.Open();
        var open = await peer.Read(FrameType.Session);
        var (flags, negotiateId) = (SessionBody.ParseSession(open.Body).Flags, SessionBody.ParseSession(open.Body).NegotiateId);
        Assert.That((flags, negotiateId & 1), Is.EqualTo((SessionBody.ChooseIdFlag, 1ul)));
        await peer.Send(Wire.SessionAck(open.PacketId, negotiateId, 0x4242));
        await Eventually.True(() => !dialer.Opened.IsEmpty, "the session is open");
        dialer.Stream(dialer.Opened.Single(), [1, 2, 3]);
        Assert.That((await peer.Read(FrameType.Stream)).SessionId, Is.EqualTo(0x4242));
        await Links.End(dialer);
    }

    [Test]
    public async Task On_a_session_of_either_side_bytes_messages_and_calls_flow_both_ways()
    {
        foreach (var acceptorOpens in new[] { true, false })
        {
            var (acceptor, dialer) = await Links.Pair();
            var (opener, other) = acceptorOpens ? (acceptor, dialer) : (dialer, acceptor);
            opener.Open("peer", "meta");
            await Eventually.True(() => !opener.Opened.IsEmpty && !other.Opened.IsEmpty, "the session is open at both ends");
            StreamSession near = opener.Opened.Single(), far = other.Opened.Single();
            Assert.That(near.Id, Is.EqualTo(far.Id));
            foreach (var (connection, session) in new[] { (opener, near), (other, far) })
            {
                connection.Stream(session, "bytes"u8.ToArray());
                connection.Call("m", "call", origin: 1, session: session.Id);
                connection.Publish("t", "message", origin: 2, session: session.Id);
            }

            foreach (var connection in new[] { opener, other })
            {
                await Eventually.True(() => connection.Outcomes.Count(outcome => outcome.Origin is 1 or 2) == 2, "both are answered");
                await Eventually.True(() => Wire.Text(connection.StreamBytes(near.Id)) == "bytes", "the bytes arrive");
                Assert.That(connection.Requests.Select(request => (request.Type, request.SessionId, request.Value)), Is.EqualTo(new[] { (FrameType.Request, near.Id, "call"), (FrameType.Message, near.Id, "message") }));
                Assert.That(connection.Outcomes.Where(outcome => outcome.Origin is 1 or 2).Select(outcome => outcome.Message.SessionId), Is.All.EqualTo(near.Id));
            }

            await Links.End(acceptor, dialer);
        }
    }

    [Test]
    public async Task A_refused_session_gets_the_error_and_the_end_of_the_stream()
    {
        var (acceptor, peer) = await Links.Open(setUp: connection => connection.WhenSession = (self, session, packetId) => self.RefuseSession(session, packetId, "service not online"u8));
        await peer.Send(Wire.Session(Links.FirstId + 2, PeersId));
        var ack = await peer.Read(FrameType.SessionAck);
        Assert.That((ack.PacketId, ack.Json), Is.EqualTo((Links.FirstId + 2, """{"error":"service not online"}""")));
        var dismiss = await peer.Read(FrameType.Dismiss);
        Assert.That((dismiss.SessionId, dismiss.Json), Is.EqualTo((PeersId, """{"error":"service not online"}""")));

        // The Go opener overlooks the error, may send, and closes when it sees the end.
        await peer.Send(
            Wire.Stream(Links.FirstId + 4, PeersId, [1]), Wire.Request(Links.FirstId + 6, "m", "x", PeersId),
            Wire.DismissAck(dismiss.PacketId, PeersId), Wire.Dismiss(Links.FirstId + 10, PeersId));
        Assert.That(Message.Parse((await peer.Read(FrameType.Response)).Body).Error, Is.EqualTo("session not found"));
        await peer.Read(FrameType.DismissAck);
        await Eventually.True(() => acceptor.SessionCount == 0, "the refused session is forgotten");
        Assert.That(acceptor.Finished, Is.Empty, "nobody owned it");
        Assert.That(acceptor.StreamBytes(PeersId), Is.Empty);
        await Links.End(acceptor);
    }

    [Test]
    public async Task An_open_that_is_not_answered_times_out()
    {
        var (acceptor, peer) = await Links.Open();
        acceptor.Open(origin: 3, deadline: Environment.TickCount64 + 30);
        var open = await peer.Read(FrameType.Session);
        await Eventually.True(() => !acceptor.Outcomes.IsEmpty, "the open times out");
        Assert.That(acceptor.Outcomes.Single().Loss, Is.EqualTo(ReplyLoss.Timeout));
        await peer.Send(Wire.SessionAck(open.PacketId, 4, 4), Wire.Frame(FrameType.Heartbeat, 5));
        await peer.Read(FrameType.HeartbeatAck);
        Assert.That(acceptor.SessionCount, Is.Zero);
        await Links.End(acceptor);
    }

    [Test]
    public async Task Sessions_beyond_the_limit_are_refused_and_a_peer_that_goes_on_is_cut()
    {
        var (acceptor, peer) = await Links.Open(new ConnectionOptions { MaxSessions = 3 });
        for (ulong i = 0; i < 6; i++)
        {
            await peer.Send(Wire.Session(Links.FirstId + 2 + (2 * i), PeersId + (2 * i)));
            var ack = await peer.Read(FrameType.SessionAck);
            Assert.That(ack.Json, Is.EqualTo(i < 3 ? "{}" : """{"error":"too many streams"}"""));
            if (i >= 3)
            {
                await peer.Read(FrameType.Dismiss);
            }
        }

        Assert.That(acceptor.Opened, Has.Count.EqualTo(3));
        Assert.That(acceptor.Open(), Is.EqualTo(SendOutcome.TooManyInFlight));
        await peer.Send(Wire.Session(Links.FirstId + 50, PeersId + 50));
        Assert.That(await Eventually.Done(acceptor.Run, "the peer is cut"), Is.EqualTo(DisconnectReason.UnexpectedFrame));
    }

    [Test]
    public async Task A_session_that_has_been_closed_makes_room_for_another()
    {
        var (acceptor, dialer) = await Links.Pair(new ConnectionOptions { MaxSessions = 2 });
        for (var i = 0; i < 20; i++)
        {
            Assert.That(dialer.Open(), Is.EqualTo(SendOutcome.Sent));
            await Eventually.True(() => dialer.Opened.Count == i + 1, "the session is open");
            dialer.Dismiss(dialer.Opened.Last());
            await Eventually.True(() => dialer.SessionCount == 0 && acceptor.SessionCount == 0, "the session is gone at both ends");
        }

        Assert.That(dialer.OpenAnswers.Select(answer => answer.Error), Is.All.Empty);
        await Links.End(acceptor, dialer);
    }

    [Test]
    public async Task Metadata_and_peer_names_above_the_limit_are_refused()
    {
        var (acceptor, peer) = await Links.Open(new ConnectionOptions { MaxMetaBytes = 4, MaxNameBytes = 4 });
        await peer.Send(
            Wire.Session(Links.FirstId + 2, PeersId, $$"""{"meta":"{{Wire.Base64("12345")}}"}"""), Wire.Session(Links.FirstId + 4, PeersId + 2, """{"peer":"12345"}"""),
            Wire.Session(Links.FirstId + 6, PeersId + 4, $$"""{"meta":"{{Wire.Base64("1234")}}","peer":"1234"}"""));
        for (var i = 0; i < 2; i++)
        {
            Assert.That((await peer.Read(FrameType.SessionAck)).Json, Is.EqualTo("""{"error":"too large"}"""));
            await peer.Read(FrameType.Dismiss);
        }

        Assert.That((await peer.Read(FrameType.SessionAck)).Json, Is.EqualTo("{}"));
        await Links.End(acceptor);
    }

    [TestCase(0ul)]
    [TestCase(1ul)]
    [TestCase(PeersId)]
    public async Task A_session_id_that_is_reserved_or_taken_is_a_violation(ulong id)
    {
        var (acceptor, peer) = await Links.Open();
        await peer.Send(Wire.Session(Links.FirstId + 2, PeersId), Wire.Session(Links.FirstId + 4, id));
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.UnexpectedFrame));

        (acceptor, peer) = await Links.Open();
        acceptor.Open(origin: 8);
        var open = await peer.Read(FrameType.Session);
        await peer.Send(Wire.Session(Links.FirstId + 2, PeersId), Wire.SessionAck(open.PacketId, 4, id));
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.UnexpectedFrame));
        Assert.That(acceptor.Outcomes.Select(outcome => outcome.Loss), Is.EqualTo(new[] { (ReplyLoss?)ReplyLoss.ConnectionClosed }));
    }

    [Test]
    public async Task Frames_for_a_session_that_is_not_there_are_ignored_and_counted_but_a_Dismiss_is_answered()
    {
        var (acceptor, peer) = await Links.Open();
        await peer.Send(Wire.Stream(Links.FirstId + 2, 99, [1]), Wire.DismissAck(Links.FirstId + 4, 99), Wire.Dismiss(Links.FirstId + 6, 99));
        var ack = await peer.Read(FrameType.DismissAck);
        Assert.That((ack.PacketId, ack.SessionId), Is.EqualTo((Links.FirstId + 6, 99ul)));
        Assert.That(acceptor.IgnoredFrames, Is.EqualTo(3));
        await Links.End(acceptor);
    }
}
