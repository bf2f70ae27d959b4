using Frontier.EndToEnd.Tests.Support;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.HostilePeers;

/// <summary>Good frames at the wrong time or with the wrong ids.</summary>
[TestFixture(PeerSide.Edge)]
[TestFixture(PeerSide.Service)]
public sealed class MisplacedFrameTests(PeerSide side) : HostilePeerFixture(side)
{
    [Test]
    public Task Any_frame_but_Conn_before_the_login(
        [Values(
            FrameType.ConnAck, FrameType.Heartbeat, FrameType.HeartbeatAck, FrameType.Session, FrameType.SessionAck, FrameType.Dismiss, FrameType.DismissAck,
            FrameType.Message, FrameType.MessageAck, FrameType.Stream, FrameType.Request, FrameType.Response, FrameType.RequestCancel, FrameType.Register, FrameType.RegisterAck)]
        FrameType type) =>
        LosesConnectionBeforeLoginAsync("unexpected_frame", peer => peer.SendAsync(new GoFrame(type, 1, new byte[32])));

    [Test]
    public Task A_frame_right_behind_Conn_before_its_answer() => LosesConnectionBeforeLoginAsync("unexpected_frame", async peer =>
    {
        byte[] both = [.. GoFrame.Conn(peer.NextPacketId()).Bytes, .. GoFrame.Conn(peer.NextPacketId()).Bytes];
        await peer.TrySendAsync(both);
    });

    [Test]
    public Task A_second_Conn() => LosesConnectionAsync("unexpected_frame", peer => peer.SendAsync(GoFrame.Conn(peer.NextPacketId())));

    [Test]
    public Task ConnAck_from_a_peer_that_dialed() =>
        LosesConnectionAsync("unexpected_frame", peer => peer.SendAsync(new GoFrame(FrameType.ConnAck, 1, [0, .. GoFrame.Id(1), .. "{}"u8])));

    [TestCase(0UL)]
    [TestCase(GoFrame.Root)]
    public Task A_stream_with_an_id_that_is_reserved(ulong id) =>
        LosesConnectionAsync("unexpected_frame", peer => peer.SendAsync(GoFrame.Session(peer.NextPacketId(), id, "nobody")));

    [Test]
    public Task A_stream_with_an_id_that_is_taken() => LosesConnectionAsync("unexpected_frame", async peer =>
    {
        var open = peer.OpenStreamAsync(Side == PeerSide.Edge ? "counterpart" : $"{Counterpart.Id}");
        await Counterpart.AcceptStreamAsync();
        await peer.SendAsync(GoFrame.Session(peer.NextPacketId(), (await open).AgreedSessionId, "nobody"));
    });

    [TestCase(0UL)]
    [TestCase(GoFrame.Root)]
    public Task Agreeing_to_a_stream_under_an_id_that_is_reserved(ulong id) => LosesConnectionAsync("unexpected_frame", async peer =>
    {
        var (question, outcome) = await AskAsync(peer, FrameType.SessionAck);
        await peer.SendAsync(new GoFrame(FrameType.SessionAck, question.PacketId, [0, 0, .. GoFrame.Id(question.NegotiateId), .. GoFrame.Id(id), .. "{}"u8]));
        Assert.That((await outcome.InTime()).Error, Is.EqualTo(Side == PeerSide.Edge ? "edge not online" : "service not online"));
    });

    [Test]
    public Task A_packet_id_that_is_in_flight() => LosesConnectionAsync("unexpected_frame", async peer =>
    {
        var packetId = await peer.StartCallAsync(NeverAnswered, default, ToCounterpart);
        await peer.SendAsync(GoFrame.Data(FrameType.Request, packetId, method: NeverAnswered, custom: ToCounterpart));
    });

    [Test]
    public async Task A_call_on_a_session_that_does_not_exist_is_answered_with_an_error_and_the_connection_stays()
    {
        await using var peer = await LogInAsync();
        var answer = await peer.CallAsync("echo", default, ToCounterpart, sessionId: 4711);
        Assert.That(answer.Error, Is.EqualTo("session not found"));
        Assert.That((await peer.CallAsync("echo", "x"u8.ToArray(), ToCounterpart)).Payload, Is.EqualTo("x"u8.ToArray()));
    }

    [Test]
    public async Task A_message_on_a_session_that_does_not_exist_is_answered_with_an_error_and_the_connection_stays()
    {
        await using var peer = await LogInAsync();
        var answer = await peer.PublishAsync("any", default, ToCounterpart, sessionId: 4711);
        Assert.That(answer.Error, Is.EqualTo("session not found"));
        Assert.That((await peer.CallAsync("echo", "x"u8.ToArray(), ToCounterpart)).Payload, Is.EqualTo("x"u8.ToArray()));
    }

    [Test]
    public async Task Other_frames_for_what_does_not_exist_are_counted_and_ignored()
    {
        var before = await Gateway.MetricsAsync();
        await using (var peer = await LogInAsync())
        {
            GoFrame[] ignored =
            [
                GoFrame.Stream(peer.NextPacketId(), 4711, "bytes"u8),
                GoFrame.OfSession(FrameType.Dismiss, peer.NextPacketId(), 4711),
                GoFrame.OfSession(FrameType.DismissAck, 4711, 4711),
                GoFrame.SessionAck(4711, 4711),
                GoFrame.Data(FrameType.Response, 4711),
                GoFrame.Data(FrameType.MessageAck, 4711),
                GoFrame.OfSession(FrameType.RegisterAck, 4711, 4711),
                new(FrameType.RequestCancel, 4711, [.. GoFrame.Id(GoFrame.Root), 0, 1]),
                GoFrame.DisConnAck(4711),
            ];
            foreach (var frame in ignored)
            {
                await peer.SendAsync(frame);
            }

            Assert.That((await peer.CallAsync("echo", "x"u8.ToArray(), ToCounterpart)).Payload, Is.EqualTo("x"u8.ToArray()));
            await peer.CloseAsync();
        }

        await Eventually.HoldsAsync(
            async () => (await Gateway.MetricsAsync()).Value("frontier_frames_ignored_total") - before.Value("frontier_frames_ignored_total") == 9,
            "nine frames counted as ignored");
    }

    [Test]
    public async Task A_login_that_arrives_byte_by_byte_is_good()
    {
        await using var peer = await GoPeer.DialAsync(Gateway, Side);
        var conn = GoFrame.Conn(peer.NextPacketId());
        foreach (var single in conn.Bytes)
        {
            await peer.SendAsync(new[] { single });
        }

        Assert.That((await peer.TakeAsync(FrameType.ConnAck, conn.PacketId)).IsAccepted, Is.True);
    }

    [Test]
    public async Task A_peer_that_resets_its_connection_within_a_frame_is_simply_gone()
    {
        var before = await Gateway.MetricsAsync();
        await using (var peer = await LogInAsync())
        {
            await peer.SendAsync(GoFrame.Encode((byte)FrameType.Request, 1, new byte[100], length: 1000));
            peer.Reset();
        }

        await Eventually.HoldsAsync(
            async () => (await Gateway.MetricsAsync()).Value("frontier_connections_closed_total", ("reason", "connection_lost"))
                - before.Value("frontier_connections_closed_total", ("reason", "connection_lost")) == 1,
            "the connection is counted as lost");
        await Bystanders.GoOnAsync();
        Assert.That(Gateway.Log.Errors, Is.Empty);
    }
}
