using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Connections;

[TestFixture]
public sealed class CloseTests
{
    private static readonly ConnectionOptions Impatient = new() { CloseTimeout = TimeSpan.FromMilliseconds(100) };

    [Test]
    public async Task A_Go_peer_that_closes_is_answered_step_by_step()
    {
        var (acceptor, peer) = await Links.Open();
        await peer.Send(Wire.Dismiss(Links.FirstId + 2, 1));
        Assert.That((await peer.Read(FrameType.DismissAck)).Bytes, Is.EqualTo(Wire.DismissAck(Links.FirstId + 2, 1)));
        var dismiss = await peer.Read(FrameType.Dismiss);
        Assert.That(dismiss.SessionId, Is.EqualTo(1));
        Assert.That(acceptor.IsPeerClosing);
        Assert.That(acceptor.Call("m"), Is.EqualTo(SendOutcome.NotConnected), "nothing new for a peer that is closing");
        await peer.Send(Wire.DismissAck(dismiss.PacketId, 1), Wire.DisConn(Links.FirstId + 4));
        Assert.That((await peer.Read(FrameType.DisConnAck)).Bytes, Is.EqualTo(Wire.DisConnAck(Links.FirstId + 4)));
        var disConn = await peer.Read(FrameType.DisConn);
        await peer.Send(Wire.DisConnAck(disConn.PacketId));
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.Closed));
        Assert.That(await peer.TryRead(), Is.Null);
        Assert.That(acceptor.Failure, Is.Null);
    }

    [Test]
    public async Task This_side_closes_the_way_a_Go_peer_expects()
    {
        var (acceptor, peer) = await Links.Open();
        acceptor.Call("before");
        acceptor.Close(DisconnectReason.Kicked);
        acceptor.Close(DisconnectReason.ShuttingDown);
        Assert.That(acceptor.Call("after"), Is.EqualTo(SendOutcome.NotConnected));
        await peer.Read(FrameType.Request);
        var dismiss = await peer.Read(FrameType.Dismiss);
        await peer.Send(Wire.DismissAck(dismiss.PacketId, 1), Wire.Dismiss(Links.FirstId + 2, 1));
        Assert.That((await peer.Read(FrameType.DismissAck)).PacketId, Is.EqualTo(Links.FirstId + 2));
        var disConn = await peer.Read(FrameType.DisConn);
        await peer.Send(Wire.DisConnAck(disConn.PacketId), Wire.DisConn(Links.FirstId + 4));
        await peer.Read(FrameType.DisConnAck);
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.Kicked));
        Assert.That(await peer.TryRead(), Is.Null);
    }

    [TestCase(true, false)]
    [TestCase(false, true)]
    [TestCase(true, true)]
    public async Task Two_connections_close_in_good_order_whoever_starts(bool acceptorCloses, bool dialerCloses)
    {
        for (var round = 0; round < 50; round++)
        {
            var (acceptor, dialer) = await Links.Pair(new ConnectionOptions { CloseTimeout = TimeSpan.FromMinutes(5) });
            using var start = new Barrier(2);
            await Task.WhenAll(
                Task.Run(() =>
                {
                    start.SignalAndWait();
                    if (acceptorCloses)
                    {
                        acceptor.Close(DisconnectReason.ShuttingDown);
                    }
                }),
                Task.Run(() =>
                {
                    start.SignalAndWait();
                    if (dialerCloses)
                    {
                        dialer.Close(DisconnectReason.ShuttingDown);
                    }
                }));
            await Eventually.Done(Task.WhenAll(acceptor.Run, dialer.Run), "both ends finish the handshake");
            Assert.That(acceptor.DisconnectReason, Is.EqualTo(acceptorCloses ? DisconnectReason.ShuttingDown : DisconnectReason.Closed).Or.EqualTo(DisconnectReason.Closed));
            Assert.That(dialer.DisconnectReason, Is.EqualTo(dialerCloses ? DisconnectReason.ShuttingDown : DisconnectReason.Closed).Or.EqualTo(DisconnectReason.Closed));
            Assert.That((acceptor.ClosedCount, dialer.ClosedCount), Is.EqualTo((1, 1)));
        }
    }

    [Test]
    public async Task What_was_queued_before_closing_arrives_before_the_end()
    {
        var (acceptor, dialer) = await Links.Pair(bufferBytes: 4096);
        dialer.Open();
        await Eventually.True(() => !dialer.Opened.IsEmpty, "the session is open");
        var session = dialer.Opened.Single();
        for (var i = 0; i < 100; i++)
        {
            dialer.Stream(session, new byte[2000]);
        }

        dialer.Close(DisconnectReason.Closed);
        await Eventually.Done(Task.WhenAll(acceptor.Run, dialer.Run), "both ends finish");
        Assert.That(acceptor.StreamBytes(session.Id), Has.Length.EqualTo(200_000));
    }

    [Test]
    public async Task A_peer_that_does_not_take_part_in_closing_does_not_hold_it_up()
    {
        var (acceptor, peer) = await Links.Open(Impatient);
        acceptor.Close(DisconnectReason.ShuttingDown);
        await peer.Read(FrameType.Dismiss);
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.ShuttingDown));

        // Nor one that does not even read, however much waits for it.
        (acceptor, _) = await Links.Open(Impatient, bufferBytes: 4096);
        for (var i = 0; i < 20; i++)
        {
            acceptor.Call("m", new string('x', 1000));
        }

        acceptor.Close(DisconnectReason.ShuttingDown);
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.ShuttingDown));
    }

    [Test]
    public async Task A_peer_that_stops_reading_at_the_very_end_does_not_hold_it_up_either()
    {
        var (acceptor, peer) = await Links.Open(Impatient, connection => connection.WhenRequest = (self, request) => self.Take(request.PacketId), bufferBytes: 4096);
        await peer.Send(Wire.Request(Links.FirstId + 2, "m", "x"));
        await Eventually.True(() => !acceptor.Requests.IsEmpty, "the request is in flight");
        await peer.Send(Wire.DisConn(Links.FirstId + 4));
        await peer.Read(FrameType.DisConnAck);
        var disConn = await peer.Read(FrameType.DisConn);
        acceptor.Reply(acceptor.Requests.Single(), new string('x', 100_000));
        await peer.Send(Wire.DisConnAck(disConn.PacketId));
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.Closed));
    }

    [Test]
    public async Task A_peer_that_just_hangs_up_is_a_lost_connection()
    {
        var (acceptor, peer) = await Links.Open();
        peer.Hangup();
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.ConnectionLost));
        Assert.That(acceptor.Failure, Is.Null);
    }

    [Test]
    public async Task A_peer_that_vanishes_within_a_frame_is_a_lost_connection()
    {
        var request = Wire.Request(Links.FirstId + 2, "m", "payload");
        for (var length = 1; length < request.Length; length += 7)
        {
            var (acceptor, peer) = await Links.Open();
            await peer.Send(request[..length]);
            peer.Hangup();
            Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.ConnectionLost));
            Assert.That(acceptor.Requests, Is.Empty);
        }
    }

    [Test]
    public async Task A_peer_whose_socket_fails_is_a_lost_connection()
    {
        var (acceptor, peer) = await Links.Open();
        peer.Transport.Output.Complete(new IOException("connection reset"));
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.ConnectionLost));
    }

    [Test]
    public async Task Aborting_ends_a_connection_at_once_and_the_first_reason_stands()
    {
        var (acceptor, peer) = await Links.Open();
        acceptor.Abort(DisconnectReason.Superseded);
        acceptor.Abort(DisconnectReason.Kicked);
        acceptor.Close(DisconnectReason.ShuttingDown);
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.Superseded));
        Assert.That(await peer.TryRead(), Is.Null);
        Assert.That((acceptor.IsOpen, acceptor.AcceptsTraffic), Is.EqualTo((false, false)));
    }

    [Test]
    public async Task A_connection_aborted_before_it_runs_ends_when_it_does()
    {
        var (acceptor, _) = Links.Accept();
        acceptor.Abort(DisconnectReason.TooManyConnections);
        acceptor.Start();
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.TooManyConnections));
        Assert.That(acceptor.ClosedCount, Is.EqualTo(1));
    }

    [Test]
    public async Task A_connection_ends_whatever_its_senders_are_doing()
    {
        for (var round = 0; round < 150; round++)
        {
            var (acceptor, peer) = await Links.Open(bufferBytes: round % 3 == 0 ? 4096 : 64 * 1024);
            using var start = new Barrier(3);
            var senders = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
            {
                start.SignalAndWait();
                for (var i = 0; i < 100; i++)
                {
                    acceptor.Call("m", "payload");
                }
            })).ToArray();
            start.SignalAndWait();
            if (round % 2 == 0)
            {
                peer.Hangup();
            }
            else
            {
                acceptor.Abort(DisconnectReason.Kicked);
            }

            await Eventually.Done(acceptor.Run, "the connection ends");
            await Task.WhenAll(senders);
            Assert.That(acceptor.ClosedCount, Is.EqualTo(1));
            Assert.That(peer.Transport.Input.TryRead(out var rest) ? rest.IsCompleted : (await peer.ReadToEnd()).Count >= 0, Is.True, "the transport is completed");
        }
    }

    [Test]
    public async Task An_ack_nobody_waits_for_while_closing_is_ignored()
    {
        var (acceptor, peer) = await Links.Open();
        await peer.Send(Wire.DisConnAck(4), Wire.DismissAck(6, 1), Wire.Frame(FrameType.Heartbeat, Links.FirstId + 2));
        await peer.Read(FrameType.HeartbeatAck);
        Assert.That(acceptor.IsOpen);
        await Links.End(acceptor);
    }
}
