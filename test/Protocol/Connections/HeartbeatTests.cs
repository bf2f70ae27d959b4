using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Connections;

/// <summary>The shortest heartbeat interval is five seconds: the clock is handed to the connection instead of being waited for.</summary>
[TestFixture]
public sealed class HeartbeatTests
{
    private static long InSeconds(double seconds) => Environment.TickCount64 + (long)(seconds * 1000);

    [Test]
    public async Task A_heartbeat_is_answered_with_its_own_id()
    {
        var (acceptor, peer) = await Links.Open();
        await peer.Send(Wire.Frame(FrameType.Heartbeat, Links.FirstId + 2));
        Assert.That((await peer.Read()).Bytes, Is.EqualTo(Wire.Frame(FrameType.HeartbeatAck, Links.FirstId + 2)));
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_dialer_sends_a_heartbeat_every_interval_and_an_acceptor_sends_none()
    {
        var (dialer, peer, conn) = await Links.Dial(heartbeatSeconds: 5);
        await peer.Send(Wire.ConnAck(conn.PacketId, 7));
        await Eventually.True(() => dialer.IsOpen, "the dialer is let in");
        dialer.OnTimer(InSeconds(4));
        dialer.OnTimer(InSeconds(5.5));
        var first = await peer.Read(FrameType.Heartbeat);
        await peer.Send(Wire.Frame(FrameType.HeartbeatAck, first.PacketId));
        dialer.OnTimer(InSeconds(8));
        dialer.Call("marker");
        Assert.That((await peer.Read()).Type, Is.EqualTo(FrameType.Request), "the second is not due yet");
        await Links.End(dialer);

        var (acceptor, host) = await Links.Open(flags: 0x08);
        acceptor.OnTimer(InSeconds(9));
        acceptor.Call("marker");
        Assert.That((await host.Read()).Type, Is.EqualTo(FrameType.Request));
        await Links.End(acceptor);
    }

    [TestCase(0x08, 10)]
    [TestCase(0x18, 40)]
    [TestCase(0x28, 160)]
    [TestCase(0x38, 640)]
    public async Task A_peer_that_is_silent_for_two_of_its_intervals_is_cut(int flags, int seconds)
    {
        var (acceptor, peer) = await Links.Open(flags: (byte)flags);
        acceptor.OnTimer(InSeconds(seconds - 2));
        Assert.That(acceptor.IsOpen);
        acceptor.OnTimer(InSeconds(seconds + 2));
        Assert.That(await Eventually.Done(acceptor.Run, "the silent peer is cut"), Is.EqualTo(DisconnectReason.HeartbeatTimeout));
        Assert.That(await peer.TryRead(), Is.Null);
    }

    [Test]
    public async Task A_dialer_cuts_an_acceptor_that_does_not_answer_its_heartbeats()
    {
        var (dialer, peer, conn) = await Links.Dial(heartbeatSeconds: 5);
        await peer.Send(Wire.ConnAck(conn.PacketId, 7));
        await Eventually.True(() => dialer.IsOpen, "the dialer is let in");
        dialer.OnTimer(InSeconds(11));
        Assert.That(await Eventually.Done(dialer.Run, "the silent acceptor is cut"), Is.EqualTo(DisconnectReason.HeartbeatTimeout));
    }

    [Test]
    public async Task Any_frame_is_a_sign_of_life()
    {
        var (acceptor, peer) = await Links.Open(flags: 0x08);
        var before = Environment.TickCount64;
        await Eventually.True(() => Environment.TickCount64 > before + 50, "time passes");
        await peer.Send(Wire.Request(Links.FirstId + 2, "m", "x"));
        await peer.Read(FrameType.Response);
        acceptor.OnTimer(before + 10_040);
        Assert.That(acceptor.IsOpen);
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_heartbeat_answer_goes_ahead_of_what_waits()
    {
        // The pipe holds little, so that most of the stream waits in the connection.
        var (acceptor, peer) = await Links.Open(bufferBytes: 4096, setUp: connection => connection.WhenRequest = (self, request) =>
        {
            self.Take(request.PacketId);
            self.Reply(request, new string('x', 300_000));
        });
        await peer.Send(Wire.Request(Links.FirstId + 2, "m", "x"), Wire.Request(Links.FirstId + 4, "m", "x"));
        await Eventually.True(() => acceptor.OutboundBytes > 300_000, "answers wait");
        await peer.Send(Wire.Frame(FrameType.Heartbeat, Links.FirstId + 6));
        await Eventually.True(() => acceptor.Requests.Count == 2, "both are answered");
        var frames = new List<FrameType>();
        while (frames.Count < 3)
        {
            frames.Add((await peer.Read()).Type);
        }

        Assert.That(frames, Is.EqualTo(new[] { FrameType.Response, FrameType.HeartbeatAck, FrameType.Response }));
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_peer_that_is_not_being_read_is_not_cut_for_its_silence()
    {
        var stall = new TaskCompletionSource();
        var (acceptor, peer) = await Links.Open(flags: 0x08, setUp: connection => connection.WhenRequest = (self, request) =>
        {
            self.Take(request.PacketId);
            self.Reply(request);
            self.Stall(stall.Task);
        });
        await peer.Send(Wire.Request(Links.FirstId + 2, "m", "x"));
        await peer.Read(FrameType.Response);
        acceptor.OnTimer(InSeconds(11));
        acceptor.OnTimer(InSeconds(30));
        Assert.That(acceptor.IsOpen);
        stall.SetResult();
        await peer.Send(Wire.Frame(FrameType.Heartbeat, Links.FirstId + 4));
        await peer.Read(FrameType.HeartbeatAck);
        await Links.End(acceptor);
    }
}
