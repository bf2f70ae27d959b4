using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Connections;

[TestFixture]
public sealed class HandshakeTests
{
    private static readonly ConnectionOptions Impatient = new() { HandshakeTimeout = TimeSpan.FromMilliseconds(100), CloseTimeout = TimeSpan.FromMilliseconds(100) };

    [Test]
    public async Task A_peer_that_is_let_in_gets_the_id_that_was_decided_on()
    {
        var (acceptor, peer) = Links.Accept();
        acceptor.WhenConn = (connection, wanted) => connection.LetIn(wanted + 1);
        acceptor.Start();
        await peer.Send(Wire.Conn(Links.FirstId, 41, """{"meta":"bWV0YQ=="}"""));
        var ack = await peer.Read(FrameType.ConnAck);

        Assert.That(ack.Bytes, Is.EqualTo(Wire.ConnAck(Links.FirstId, 42)));
        Assert.That(acceptor.ConnMeta, Is.EqualTo("meta"));
        Assert.That(acceptor.IsOpen);
        await Links.End(acceptor);
    }

    [Test]
    public async Task Two_connections_agree_on_id_and_features()
    {
        var (acceptor, dialer) = await Links.Pair();
        Assert.That(dialer.ConnAnswer, Is.EqualTo((true, 7ul, "")));
        Assert.That(acceptor.ConnMeta, Is.EqualTo("meta"));
        Assert.That(dialer.PeerFeatures, Is.EqualTo(PeerFeatures.RequestCancel));
        Assert.That(acceptor.PeerFeatures, Is.EqualTo(PeerFeatures.RequestCancel));
        await Links.End(acceptor, dialer);
    }

    [Test]
    public async Task A_plain_peer_is_answered_without_features_even_if_it_sends_the_member()
    {
        var (acceptor, peer) = Links.Accept();
        acceptor.Start();
        await peer.Send(Wire.Conn(Links.FirstId, 7, """{"features":"cancel"}"""));
        Assert.That((await peer.Read(FrameType.ConnAck)).Json, Is.EqualTo("{}"));
        Assert.That(acceptor.PeerFeatures, Is.EqualTo(PeerFeatures.None));
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_dialer_sends_what_a_Go_client_would_send_and_the_features_it_has()
    {
        var (dialer, _, conn) = await Links.Dial();
        Assert.That(conn.Body, Is.EqualTo((byte[])[0x58, 0, .. Wire.Body(7, """{"meta":"bWV0YQ==","features":"cancel"}""")]));
        Assert.That(conn.PacketId & 1, Is.EqualTo(1), "dialers count in odd numbers");
        await Links.End(dialer);

        (dialer, _, conn) = await Links.Dial(new ConnectionOptions { Features = PeerFeatures.None });
        Assert.That(conn.Body, Is.EqualTo((byte[])[0x18, 0, .. Wire.Body(7, """{"meta":"bWV0YQ=="}""")]));
        await Links.End(dialer);
    }

    [Test]
    public async Task A_peer_that_is_refused_learns_why_and_the_connection_closes()
    {
        var (acceptor, peer) = Links.Accept();
        acceptor.WhenConn = (connection, _) => connection.TurnAway("<denied>");
        acceptor.Start();
        await peer.Send(Wire.Conn(Links.FirstId, 7));
        Assert.That((await peer.Read(FrameType.ConnAck)).Bytes, Is.EqualTo(Wire.ConnAck(Links.FirstId, 0, """{"error":"\u003cdenied\u003e"}""", code: 1)));
        var disConn = await peer.Read(FrameType.DisConn);
        await peer.Send(Wire.DisConnAck(disConn.PacketId), Wire.DisConn(Links.FirstId + 2));
        Assert.That((await peer.Read(FrameType.DisConnAck)).PacketId, Is.EqualTo(Links.FirstId + 2));
        Assert.That(await peer.TryRead(), Is.Null);
        Assert.That(await Eventually.Done(acceptor.Run, "the refused connection ends"), Is.EqualTo(DisconnectReason.Refused));
    }

    [Test]
    public async Task A_refused_peer_that_just_hangs_up_or_stays_silent_is_gone_soon()
    {
        foreach (var hangsUp in new[] { true, false })
        {
            var (acceptor, peer) = Links.Accept(Impatient);
            acceptor.WhenConn = (connection, _) => connection.TurnAway("no");
            acceptor.Start();
            await peer.Send(Wire.Conn(Links.FirstId, 7));
            await peer.Read(FrameType.ConnAck);
            if (hangsUp)
            {
                peer.Hangup();
            }

            Assert.That(await Eventually.Done(acceptor.Run, "the refused connection ends"), Is.EqualTo(DisconnectReason.Refused));
        }
    }

    [Test]
    public async Task A_refused_peer_reaches_nothing()
    {
        var (acceptor, peer) = Links.Accept();
        acceptor.WhenConn = (connection, _) => connection.TurnAway("no");
        acceptor.Start();
        await peer.Send(Wire.Conn(Links.FirstId, 7));
        await peer.Read(FrameType.ConnAck);
        await peer.Read(FrameType.DisConn);
        await peer.Send(
            Wire.Request(Links.FirstId + 2, "m", "x"),
            Wire.Frame(FrameType.Register, Links.FirstId + 4, [.. Wire.Id(1), (byte)'m']),
            Wire.Session(Links.FirstId + 6, 33),
            Wire.Stream(Links.FirstId + 8, 33, [1]),
            Wire.DisConn(Links.FirstId + 10));
        await peer.Read(FrameType.DisConnAck);

        Assert.That(acceptor.Requests, Is.Empty);
        Assert.That(acceptor.Registered, Is.Empty);
        Assert.That(acceptor.Opened, Is.Empty);
        Assert.That(acceptor.SessionCount, Is.Zero);
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_dialer_that_is_refused_closes_with_the_reason()
    {
        var (dialer, peer, conn) = await Links.Dial();
        await peer.Send(Wire.ConnAck(conn.PacketId, 0, """{"error":"illegal edgeID"}""", code: 1), Wire.DisConn(2));
        await peer.Read(FrameType.DisConnAck);
        var disConn = await peer.Read(FrameType.DisConn);
        await peer.Send(Wire.DisConnAck(disConn.PacketId));
        Assert.That(await Eventually.Done(dialer.Run, "the refused dialer ends"), Is.EqualTo(DisconnectReason.Refused));
        Assert.That(dialer.ConnAnswer, Is.EqualTo((false, 0ul, "illegal edgeID")));
        Assert.That(dialer.Call("m"), Is.EqualTo(SendOutcome.NotConnected));
    }

    [Test]
    public async Task A_peer_that_says_nothing_is_cut()
    {
        var (acceptor, peer) = Links.Accept(Impatient);
        acceptor.Start();
        Assert.That(await Eventually.Done(acceptor.Run, "the silent peer is cut"), Is.EqualTo(DisconnectReason.HandshakeTimeout));
        Assert.That(await peer.TryRead(), Is.Null);
    }

    [Test]
    public async Task A_peer_that_starts_a_frame_and_never_ends_it_is_cut()
    {
        var (acceptor, peer) = Links.Accept(Impatient);
        acceptor.Start();
        await peer.Send(Wire.Conn(Links.FirstId, 7)[..20]);
        Assert.That(await Eventually.Done(acceptor.Run, "the slow peer is cut"), Is.EqualTo(DisconnectReason.HandshakeTimeout));
    }

    [Test]
    public async Task A_dialer_that_gets_no_answer_gives_up()
    {
        var (dialer, _, _) = await Links.Dial(Impatient);
        Assert.That(await Eventually.Done(dialer.Run, "the dialer gives up"), Is.EqualTo(DisconnectReason.HandshakeTimeout));
    }

    [Test]
    public async Task A_login_that_takes_too_long_is_refused_and_cannot_be_accepted_any_more()
    {
        var (acceptor, peer) = Links.Accept(Impatient);
        acceptor.WhenConn = (_, _) => { };
        acceptor.Start();
        await peer.Send(Wire.Conn(Links.FirstId, 7));
        var ack = await peer.Read(FrameType.ConnAck);
        Assert.That(ack.Body[0], Is.EqualTo(1));
        Assert.That(acceptor.LetIn(7), Is.False);
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.Refused));
    }

    [Test]
    public async Task Frames_for_a_peer_that_is_logging_in_follow_its_ConnAck_in_their_order()
    {
        var (acceptor, peer) = Links.Accept();
        acceptor.WhenConn = (_, _) => { };
        acceptor.Start();
        await peer.Send(Wire.Conn(Links.FirstId, 7));
        await Eventually.True(() => acceptor.AcceptsTraffic, "the login is being decided");
        for (ulong i = 0; i < 20; i++)
        {
            Assert.That(acceptor.Call("m" + i, origin: i), Is.EqualTo(SendOutcome.Sent));
        }

        Assert.That(acceptor.LetIn(7));
        Assert.That((await peer.Read()).Type, Is.EqualTo(FrameType.ConnAck));
        for (var i = 0; i < 20; i++)
        {
            Assert.That(Message.Parse((await peer.Read(FrameType.Request)).Body).Key, Is.EqualTo("m" + i));
        }

        await Links.End(acceptor);
    }

    [Test]
    public async Task Nothing_precedes_the_ConnAck_whoever_is_sending_when_the_peer_is_let_in()
    {
        for (var round = 0; round < 200; round++)
        {
            var (acceptor, peer) = Links.Accept();
            acceptor.WhenConn = (_, _) => { };
            acceptor.Start();
            await peer.Send(Wire.Conn(Links.FirstId, 7));
            await Eventually.True(() => acceptor.AcceptsTraffic, "the login is being decided");
            using var start = new Barrier(2);
            var sender = Task.Run(() =>
            {
                start.SignalAndWait();
                for (var i = 0; i < 10; i++)
                {
                    acceptor.Call("m" + i);
                }
            });
            start.SignalAndWait();
            acceptor.LetIn(7);
            await sender;
            Assert.That((await peer.Read()).Type, Is.EqualTo(FrameType.ConnAck));
            for (var i = 0; i < 10; i++)
            {
                Assert.That(Message.Parse((await peer.Read(FrameType.Request)).Body).Key, Is.EqualTo("m" + i));
            }

            await Links.End(acceptor);
        }
    }

    [Test]
    public async Task What_waited_for_a_peer_that_is_refused_is_given_up_and_never_sent()
    {
        var (acceptor, peer) = Links.Accept();
        acceptor.WhenConn = (_, _) => { };
        acceptor.Start();
        await peer.Send(Wire.Conn(Links.FirstId, 7));
        await Eventually.True(() => acceptor.AcceptsTraffic, "the login is being decided");
        acceptor.Call("m", origin: 5);
        acceptor.TurnAway("no");
        await peer.Read(FrameType.ConnAck);
        await peer.Read(FrameType.DisConn);
        Assert.That(acceptor.Outcomes.Single(), Is.EqualTo(new Outcome(5, null, ReplyLoss.ConnectionClosed, [])).Using<Outcome, Outcome>((a, b) => (a.Origin, a.Loss) == (b.Origin, b.Loss)));
        await Links.End(acceptor);
    }

    [Test]
    public async Task Metadata_above_the_limit_is_refused()
    {
        var (acceptor, peer) = Links.Accept(new ConnectionOptions { MaxMetaBytes = 10 });
        acceptor.WhenConn = (_, _) => Assert.Fail("never asked");
        acceptor.Start();
        await peer.Send(Wire.Conn(Links.FirstId, 7, $$"""{"meta":"{{Wire.Base64("12345678901")}}"}"""));
        var ack = await peer.Read(FrameType.ConnAck);
        Assert.That(ack.Body[0], Is.EqualTo(1));
        Assert.That(ack.Json, Does.Contain("metadata too large"));
        await Links.End(acceptor);

        (acceptor, peer) = Links.Accept(new ConnectionOptions { MaxMetaBytes = 10 });
        acceptor.Start();
        await peer.Send(Wire.Conn(Links.FirstId, 7, $$"""{"meta":"{{Wire.Base64("1234567890")}}"}"""));
        Assert.That((await peer.Read(FrameType.ConnAck)).Body[0], Is.Zero);
        await Links.End(acceptor);
    }

    private static IEnumerable<FrameType> AllButConn => Enum.GetValues<FrameType>().Where(type => type is not (FrameType.None or FrameType.Conn or FrameType.DisConn or FrameType.DisConnAck));

    [TestCaseSource(nameof(AllButConn))]
    public async Task A_frame_before_the_handshake_ends_the_connection(FrameType type)
    {
        var (acceptor, peer) = Links.Accept();
        acceptor.Start();
        await peer.Send(Wire.Frame(type, Links.FirstId, Wire.Body(1, "{}")));
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.UnexpectedFrame));
        Assert.That(acceptor.Failure, Is.TypeOf<ProtocolViolationException>());
        Assert.That(await peer.TryRead(), Is.Null);
    }

    [Test]
    public async Task A_frame_while_the_login_is_being_decided_ends_the_connection()
    {
        foreach (var frame in new[] { Wire.Request(3, "m", "x"), Wire.Conn(3, 9), Wire.ConnAck(3, 9) })
        {
            var (acceptor, peer) = Links.Accept();
            acceptor.WhenConn = (_, _) => { };
            acceptor.Start();
            await peer.Send(Wire.Conn(Links.FirstId, 7), frame);
            Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.UnexpectedFrame));
            Assert.That(acceptor.LetIn(7), Is.False);
        }
    }

    [Test]
    public async Task A_second_Conn_does_not_log_in_again()
    {
        var logins = 0;
        var (acceptor, peer) = await Links.Open(setUp: connection => connection.WhenConn = (self, wanted) =>
        {
            logins++;
            self.LetIn(wanted);
        });
        await peer.Send(Wire.Conn(Links.FirstId + 2, 99));
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.UnexpectedFrame));
        Assert.That(logins, Is.EqualTo(1));
    }

    [Test]
    public async Task An_acceptor_takes_no_ConnAck_and_a_dialer_no_Conn()
    {
        var (acceptor, peer) = await Links.Open();
        await peer.Send(Wire.ConnAck(Links.FirstId + 2, 99));
        Assert.That(await Eventually.Done(acceptor.Run, "the acceptor ends"), Is.EqualTo(DisconnectReason.UnexpectedFrame));

        var (dialer, host, conn) = await Links.Dial();
        await host.Send(Wire.ConnAck(conn.PacketId, 7), Wire.Conn(2, 99));
        Assert.That(await Eventually.Done(dialer.Run, "the dialer ends"), Is.EqualTo(DisconnectReason.UnexpectedFrame));

        (dialer, host, conn) = await Links.Dial();
        await host.Send(Wire.ConnAck(conn.PacketId, 7), Wire.ConnAck(conn.PacketId, 8));
        Assert.That(await Eventually.Done(dialer.Run, "the dialer ends"), Is.EqualTo(DisconnectReason.UnexpectedFrame));
        Assert.That(dialer.ConnAnswer!.Value.ClientId, Is.EqualTo(7));
    }

    [Test]
    public async Task A_stranger_is_told_apart_by_its_first_byte()
    {
        var (acceptor, peer) = Links.Accept();
        acceptor.Start();
        await peer.Send("G"u8.ToArray());
        Assert.That(await Eventually.Done(acceptor.Run, "the stranger is cut"), Is.EqualTo(DisconnectReason.BadVersion));
    }

    [Test]
    public async Task Closing_a_connection_that_is_still_logging_in_ends_it_at_once()
    {
        var (acceptor, peer) = Links.Accept();
        acceptor.WhenConn = (_, _) => { };
        acceptor.Start();
        await peer.Send(Wire.Conn(Links.FirstId, 7));
        await Eventually.True(() => acceptor.AcceptsTraffic, "the login is being decided");
        acceptor.Close(DisconnectReason.Superseded);
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.Superseded));
        Assert.That(acceptor.LetIn(7), Is.False);
    }

    [Test]
    public async Task Closing_is_not_lost_when_the_peer_is_let_in_at_the_same_moment()
    {
        for (var round = 0; round < 200; round++)
        {
            var (acceptor, peer) = Links.Accept(Impatient with { HandshakeTimeout = TimeSpan.FromMinutes(1) });
            acceptor.WhenConn = (_, _) => { };
            acceptor.Start();
            await peer.Send(Wire.Conn(Links.FirstId, 7));
            await Eventually.True(() => acceptor.AcceptsTraffic, "the login is being decided");
            using var start = new Barrier(2);
            var closer = Task.Run(() =>
            {
                start.SignalAndWait();
                acceptor.Close(DisconnectReason.Superseded);
            });
            start.SignalAndWait();
            acceptor.LetIn(7);
            await closer;
            Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.Superseded));
        }
    }
}
