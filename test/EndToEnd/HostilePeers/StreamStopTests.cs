using System.Text;
using Frontier.EndToEnd.Tests.Support;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.HostilePeers;

/// <summary>StreamStop frames from peers that may not send them, or about streams that are not theirs.</summary>
[TestFixture(PeerSide.Edge)]
[TestFixture(PeerSide.Service)]
public sealed class StreamStopTests(PeerSide side) : HostilePeerFixture(side)
{
    [Test]
    public Task A_stop_for_a_stream_of_ones_own_that_was_not_agreed_on() => LosesConnectionAsync("unknown_frame_type", async peer =>
    {
        var opened = peer.OpenStreamAsync(Far);
        await Counterpart.AcceptStreamAsync();
        await peer.SendAsync(new GoFrame(FrameType.StreamStop, peer.NextPacketId(), [.. GoFrame.Id((await opened).AgreedSessionId), 0]));
    });

    [Test]
    public Task A_stop_that_is_cut_short() =>
        LosesConnectionAsync("truncated_body", LogInWithAbortAsync, peer => peer.SendAsync(new GoFrame(FrameType.StreamStop, peer.NextPacketId(), new byte[8])));

    [Test]
    public async Task A_stop_for_the_streams_of_others_stops_none_of_them()
    {
        await using var victim = await LogInAsync();
        await using var hostile = await LogInWithAbortAsync();
        var opened = victim.OpenStreamAsync(Far);
        var far = (await Counterpart.AcceptStreamAsync()).NegotiateId;
        var near = (await opened).AgreedSessionId;
        foreach (var id in new[] { 0UL, GoFrame.Root, near, far, ulong.MaxValue })
        {
            await hostile.SendAsync(new GoFrame(FrameType.StreamStop, hostile.NextPacketId(), [.. GoFrame.Id(id), 0]));
        }

        Assert.That((await hostile.CallAsync("echo", "x"u8.ToArray(), ToCounterpart)).Payload, Is.EqualTo("x"u8.ToArray()), "it is told nothing");
        await victim.PostAsync(GoFrame.Stream(victim.NextPacketId(), near, "there"u8));
        Assert.That((await Counterpart.TakeAsync(FrameType.Stream)).Body[8..], Is.EqualTo("there"u8.ToArray()));
        await Counterpart.PostAsync(GoFrame.Stream(Counterpart.NextPacketId(), far, "back"u8));
        Assert.That((await victim.TakeAsync(FrameType.Stream)).Body[8..], Is.EqualTo("back"u8.ToArray()));
        await Bystanders.GoOnAsync();
    }

    [Test]
    public async Task A_stop_that_comes_again_and_again_stops_ones_own_stream_and_nothing_else()
    {
        await using var peer = await LogInWithAbortAsync();
        var opened = peer.OpenStreamAsync(Far);
        var far = (await Counterpart.AcceptStreamAsync()).NegotiateId;
        var near = (await opened).AgreedSessionId;
        for (var i = 0; i < 1000; i++)
        {
            await peer.SendAsync(new GoFrame(FrameType.StreamStop, peer.NextPacketId(), [.. GoFrame.Id(near), 0]));
        }

        await peer.PostAsync(GoFrame.Stream(peer.NextPacketId(), near, "there"u8));
        Assert.That((await Counterpart.TakeAsync(FrameType.Stream)).Body[8..], Is.EqualTo("there"u8.ToArray()), "its own direction goes on");
        await Counterpart.PostAsync(GoFrame.Stream(Counterpart.NextPacketId(), far, "unwanted"u8));
        await Counterpart.DismissAsync(far);
        await peer.TakeAsync(FrameType.Dismiss);
        Assert.That(peer.Inbox.Select(frame => frame.Type), Has.None.EqualTo(FrameType.Stream));
        await Bystanders.GoOnAsync();
    }

    private string Far => Side == PeerSide.Edge ? "counterpart" : $"{Counterpart.Id}";

    private async Task<GoPeer> LogInWithAbortAsync()
    {
        var peer = await GoPeer.DialAsync(Gateway, Side);
        var conn = GoFrame.Conn(peer.NextPacketId(), Side == PeerSide.Edge ? [] : GoPeer.ServiceMeta("hostile"));
        var json = conn.Json;
        json["features"] = "abort";
        await peer.SendAsync(new GoFrame(FrameType.Conn, conn.PacketId, [(byte)(conn.Body[0] | 0x40), .. conn.Body[1..10], .. Encoding.UTF8.GetBytes(json.ToJsonString())]));
        Assert.That((string?)(await peer.TakeAsync(FrameType.ConnAck)).Json["features"], Is.EqualTo("abort"));
        return peer;
    }
}
