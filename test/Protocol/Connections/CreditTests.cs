using System.Buffers.Binary;
using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Connections;

[TestFixture]
public sealed class CreditTests
{
    private static readonly ConnectionOptions WithCredit = new() { Features = PeerFeatures.RequestCancel | PeerFeatures.StreamCredit };

    [Test]
    public async Task A_stream_may_have_a_window_of_bytes_under_way_and_goes_on_when_they_are_taken()
    {
        var (acceptor, dialer, from, to) = await OpenStream();
        var chunk = new byte[16 * 1024];
        var sent = 0;
        while (dialer.CanSendStream(from))
        {
            dialer.Stream(from, chunk);
            sent += chunk.Length;
        }

        Assert.That(sent, Is.EqualTo(GeminioConnection.StreamWindow));
        var writable = dialer.WhenStreamWritableAsync(from);
        await Eventually.True(() => acceptor.StreamBytes(to.Id).Length == sent, "all of it has arrived");
        Assert.That(writable.IsCompleted, Is.False, "arriving is not being taken");

        acceptor.GrantStream(to, sent);
        await Eventually.Done(writable, "the sender hears that it may go on");
        Assert.That(dialer.CanSendStream(from));
        await Links.End(acceptor, dialer);
    }

    [Test]
    public async Task A_stream_without_credit_does_not_hold_up_another_of_the_same_connection()
    {
        var (acceptor, dialer, from, _) = await OpenStream();
        while (dialer.CanSendStream(from))
        {
            dialer.Stream(from, new byte[64 * 1024]);
        }

        acceptor.Opened.Clear();
        dialer.Opened.Clear();
        dialer.Open();
        await Eventually.True(() => !dialer.Opened.IsEmpty && !acceptor.Opened.IsEmpty, "the second stream is open");
        dialer.Opened.TryPeek(out var second);
        Assert.That(dialer.CanSendStream(second!));
        dialer.Stream(second!, [1, 2, 3]);
        acceptor.Opened.TryPeek(out var arrived);
        await Eventually.True(() => acceptor.StreamBytes(arrived!.Id).Length == 3, "its bytes arrive");
        await Links.End(acceptor, dialer);
    }

    [TestCase(true, TestName = "Whoever_waits_for_credit_is_released_when_the_stream_ends")]
    [TestCase(false, TestName = "Whoever_waits_for_credit_is_released_when_the_connection_ends")]
    public async Task Whoever_waits_for_credit_is_released(bool dismiss)
    {
        var (acceptor, dialer, from, _) = await OpenStream();
        while (dialer.CanSendStream(from))
        {
            dialer.Stream(from, new byte[64 * 1024]);
        }

        var writable = dialer.WhenStreamWritableAsync(from);
        if (dismiss)
        {
            dialer.Dismiss(from);
        }
        else
        {
            dialer.Abort(DisconnectReason.Closed);
        }

        await Eventually.Done(writable, "nobody waits any more");
        Assert.That(dialer.CanSendStream(from), "what is sent is dropped");
        await Links.End(acceptor, dialer);
    }

    [Test]
    public async Task A_peer_that_sends_without_credit_is_cut()
    {
        var (acceptor, peer) = await Links.Open(WithCredit, flags: 0x58, json: """{"features":"credit"}""");
        await peer.Send(Wire.Session(Links.FirstId + 2, 99, "{}"));
        await peer.Read(FrameType.SessionAck);
        var frame = new byte[sizeof(ulong) + GeminioConnection.StreamWindow];
        BinaryPrimitives.WriteUInt64BigEndian(frame, 99);
        await peer.Send(Wire.Frame(FrameType.Stream, Links.FirstId + 4, frame));
        await Eventually.True(() => acceptor.StreamBytes(99).Length == GeminioConnection.StreamWindow, "the window's worth is taken");

        await peer.Send(Wire.Frame(FrameType.Stream, Links.FirstId + 6, [.. frame[..sizeof(ulong)], 1]));
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.UnexpectedFrame));
    }

    [Test]
    public async Task Credit_from_a_peer_that_did_not_announce_it_ends_the_connection()
    {
        var (acceptor, peer) = await Links.Open(WithCredit);
        await peer.Send(Wire.Frame(FrameType.StreamCredit, Links.FirstId + 2, new byte[12]));
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.UnknownFrameType));
    }

    [Test]
    public async Task Credit_for_a_stream_that_is_gone_is_ignored_and_a_truncated_one_ends_the_connection()
    {
        var (acceptor, peer) = await Links.Open(WithCredit, flags: 0x58, json: """{"features":"cancel,credit"}""");
        await peer.Send(Wire.Frame(FrameType.StreamCredit, Links.FirstId + 2, new byte[12]));
        await Eventually.True(() => acceptor.IgnoredFrames == 1, "the frame is ignored");
        await peer.Send(Wire.Frame(FrameType.StreamCredit, Links.FirstId + 4, new byte[11]));
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.TruncatedBody));
    }

    private static async Task<(TestConnection Acceptor, TestConnection Dialer, StreamSession From, StreamSession To)> OpenStream()
    {
        var (acceptor, dialer) = await Links.Pair(WithCredit);
        dialer.Open();
        await Eventually.True(() => !dialer.Opened.IsEmpty && !acceptor.Opened.IsEmpty, "the stream is open");
        dialer.Opened.TryPeek(out var from);
        acceptor.Opened.TryPeek(out var to);
        return (acceptor, dialer, from!, to!);
    }
}
