using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Connections;

/// <summary>From the moment a peer is cut off nothing that it sends has any effect.</summary>
[TestFixture]
public sealed class CutOffTests
{
    [Test]
    public async Task What_a_peer_asks_after_it_was_cut_off_is_refused_and_handed_to_nobody()
    {
        var (acceptor, peer) = await Links.Open();
        acceptor.CutOff(DisconnectReason.Kicked);
        await peer.Read(FrameType.Dismiss);
        await peer.Send(Wire.Frame(FrameType.Request, Links.FirstId + 2, Wire.Body(1, """{"key":"bQ=="}""")));
        Assert.That(Message.Parse((await peer.Read(FrameType.Response)).Body).Error, Is.EqualTo("connection lost"));
        await peer.Send(Wire.Frame(FrameType.Message, Links.FirstId + 6, Wire.Body(1, """{"topic":"t"}""")));
        Assert.That(Message.Parse((await peer.Read(FrameType.MessageAck)).Body).Error, Is.EqualTo("connection lost"));
        Assert.That(acceptor.Requests, Is.Empty);
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends although the peer does not close it"), Is.EqualTo(DisconnectReason.Kicked));
    }

    [Test]
    public async Task Who_waits_for_a_peer_that_is_cut_off_hears_at_once_and_its_answer_is_dropped()
    {
        var (acceptor, peer) = await Links.Open();
        acceptor.Call("m", origin: 5);
        var request = await peer.Read(FrameType.Request);
        acceptor.CutOff(DisconnectReason.Superseded);
        Assert.That(acceptor.Outcomes.Single(), Is.EqualTo(new Outcome(5, null, ReplyLoss.ConnectionClosed, [])).Using<Outcome>((a, b) => a.Loss == b.Loss && a.Origin == b.Origin));
        await peer.Send(Wire.Frame(FrameType.Response, request.PacketId, Wire.Body(1, "{}")));
        await Eventually.Done(acceptor.Run, "the connection ends");
        Assert.That(acceptor.Outcomes, Has.Count.EqualTo(1));
    }
}
