using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Connections;

/// <summary>Each direction of a stream can end before its time, from either end, and that is not an end of file.</summary>
[TestFixture]
public sealed class AbortTests
{
    private static readonly ConnectionOptions WithAbort = new() { Features = PeerFeatures.StreamCredit | PeerFeatures.StreamAbort };

    [Test]
    public async Task A_direction_that_its_sender_aborts_is_no_end_and_leaves_the_other_direction_open()
    {
        var (acceptor, dialer, from, to) = await OpenStream(WithAbort);
        dialer.Stream(from, [1, 2, 3]);
        dialer.Dismiss(from, StreamSession.AbortedText);
        await Eventually.True(() => acceptor.Finished.Contains(to.Id), "the receiver hears of it");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(acceptor.StreamBytes(to.Id), Is.EqualTo(new byte[] { 1, 2, 3 }), "what was sent before comes first");
            Assert.That((to.EndedInOrder, to.IsCut), Is.EqualTo((false, false)));
        }

        acceptor.Stream(to, [4]);
        await Eventually.True(() => dialer.StreamBytes(from.Id).Length == 1, "the other direction goes on");
        acceptor.Dismiss(to);
        await Eventually.True(() => dialer.Finished.Contains(from.Id), "until its own sender ends it");
        Assert.That(from.EndedInOrder);
        await Eventually.True(() => dialer.SessionCount == 0 && acceptor.SessionCount == 0, "both ends have forgotten the stream");
        await Links.End(acceptor, dialer);
    }

    [TestCase("connection lost", true)]
    [TestCase("anything else", true)]
    [TestCase("stream aborted", false)]
    public async Task A_Dismiss_with_another_error_says_that_both_directions_are_over(string error, bool cut)
    {
        var (acceptor, dialer, from, to) = await OpenStream(WithAbort);
        dialer.Dismiss(from, Wire.Utf8(error));
        await Eventually.True(() => to.IsFinished, "the receiver hears of it");
        Assert.That((to.EndedInOrder, to.IsCut), Is.EqualTo((false, cut)));
        await Links.End(acceptor, dialer);
    }

    [Test]
    public async Task An_error_from_a_peer_that_knows_no_aborts_says_that_both_directions_are_over()
    {
        var (acceptor, dialer, from, to) = await OpenStream(new ConnectionOptions { Features = PeerFeatures.StreamCredit });
        dialer.Dismiss(from, StreamSession.AbortedText);
        await Eventually.True(() => to.IsFinished, "the receiver hears of it");
        Assert.That((to.EndedInOrder, to.IsCut), Is.EqualTo((false, true)));
        await Links.End(acceptor, dialer);
    }

    [Test]
    public async Task A_lost_connection_cuts_its_streams()
    {
        var (acceptor, dialer, _, to) = await OpenStream(WithAbort);
        await Links.End(dialer);
        await Eventually.Done(acceptor.Run, "the connection is over");
        Assert.That((to.EndedInOrder, to.IsCut), Is.EqualTo((false, true)));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_stop_says_whether_the_stream_was_cut(bool cut)
    {
        var (acceptor, dialer, from, to) = await OpenStream(WithAbort);
        acceptor.StopStream(to, cut);
        await Eventually.True(() => from.IsStopped, "the sender is told");
        Assert.That(from.IsStoppedByCut, Is.EqualTo(cut));
        await Links.End(acceptor, dialer);
    }

    [Test]
    public async Task A_sender_whose_receiver_left_is_told_and_released_and_what_it_sends_is_dropped()
    {
        var (acceptor, dialer, from, to) = await OpenStream(WithAbort);
        while (dialer.CanSendStream(from))
        {
            dialer.Stream(from, new byte[64 * 1024]);
        }

        await Eventually.True(() => acceptor.StreamBytes(to.Id).Length == GeminioConnection.StreamWindow, "what was sent before has arrived");
        var writable = dialer.WhenStreamWritableAsync(from);
        acceptor.StopStream(to);
        await Eventually.Done(writable, "whoever waits to send is released");
        Assert.That(from.IsStopped);
        for (var i = 0; i < 10; i++)
        {
            Assert.That(dialer.CanSendStream(from), "nobody waits for credit that will not come");
            dialer.Stream(from, new byte[64 * 1024]);
        }

        dialer.Dismiss(from);
        await Eventually.True(() => acceptor.Finished.Contains(to.Id), "the end comes all the same");
        Assert.That(acceptor.StreamBytes(to.Id), Has.Length.EqualTo(GeminioConnection.StreamWindow), "nothing more came");
        await Links.End(acceptor, dialer);
    }

    [Test]
    public async Task A_stop_is_sent_once_and_not_after_the_end_nor_to_a_peer_that_knows_none()
    {
        var (acceptor, peer) = await Links.Open(WithAbort, flags: 0x58, json: """{"features":"abort"}""");
        await peer.Send(Wire.Session(Links.FirstId + 2, 99), Wire.Session(Links.FirstId + 4, 101));
        await peer.Read(FrameType.SessionAck);
        await peer.Read(FrameType.SessionAck);
        var first = acceptor.Opened.ElementAt(0);
        acceptor.StopStream(first);
        acceptor.StopStream(first);
        Assert.That((await peer.Read(FrameType.StreamStop)).Body, Is.EqualTo(new byte[] { 0, 0, 0, 0, 0, 0, 0, 99, 0 }));
        acceptor.WhenFinished = (self, session) => self.StopStream(session);
        await peer.Send(Wire.Dismiss(Links.FirstId + 6, 101), Wire.Dismiss(Links.FirstId + 8, 99));
        await peer.Read(FrameType.DismissAck);
        await peer.Read(FrameType.DismissAck);
        await Links.End(acceptor);

        var (other, plain) = await Links.Open(WithAbort);
        await plain.Send(Wire.Session(Links.FirstId + 2, 99));
        await plain.Read(FrameType.SessionAck);
        other.StopStream(other.Opened.Single());
        await plain.Send(Wire.Dismiss(Links.FirstId + 4, 99));
        await plain.Read(FrameType.DismissAck);
        await Links.End(other);
    }

    [Test]
    public async Task A_stop_from_a_peer_that_did_not_announce_it_ends_its_connection()
    {
        var (acceptor, peer) = await Links.Open(WithAbort, flags: 0x58, json: """{"features":"credit"}""");
        await peer.Send(Wire.Frame(FrameType.StreamStop, Links.FirstId + 2, new byte[8]));
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.UnknownFrameType));
        Assert.That(acceptor.Failure!.Message, Does.Contain("stream stop"));
    }

    [Test]
    public async Task A_stop_for_no_stream_is_ignored_and_a_truncated_one_ends_the_connection()
    {
        var (acceptor, peer) = await Links.Open(WithAbort, flags: 0x58, json: """{"features":"abort"}""");
        await peer.Send(
            Wire.Frame(FrameType.StreamStop, Links.FirstId + 2, new byte[9]),
            Wire.Frame(FrameType.StreamStop, Links.FirstId + 4, [0, 0, 0, 0, 0, 0, 0, 1, 0]),
            Wire.Frame(FrameType.StreamStop, Links.FirstId + 6, [255, 255, 255, 255, 255, 255, 255, 255, 255, 0]));
        await Eventually.True(() => acceptor.IgnoredFrames == 3, "the frames are ignored");
        await peer.Send(Wire.Frame(FrameType.StreamStop, Links.FirstId + 8, new byte[8]));
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.TruncatedBody));
    }

    [Test]
    public async Task What_was_sent_before_an_abort_reaches_a_plain_peer_before_the_end()
    {
        var (acceptor, peer) = await Links.Open(new ConnectionOptions { StreamPacing = new StreamPacing { FramesPerSecond = 50, BurstFrames = 1 } });
        await peer.Send(Wire.Session(Links.FirstId + 2, 99));
        await peer.Read(FrameType.SessionAck);
        var session = acceptor.Opened.Single();
        var sent = 0;
        while (acceptor.CanSendStream(session))
        {
            acceptor.Stream(session, new byte[10_000]);
            sent += 10_000;
        }

        acceptor.Dismiss(session, StreamSession.AbortedText);
        ReceivedFrame frame;
        var received = 0;
        while ((frame = await peer.Read()).Type == FrameType.Stream)
        {
            received += frame.Body.Length - sizeof(ulong);
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(received, Is.EqualTo(sent));
            Assert.That(frame.Type, Is.EqualTo(FrameType.Dismiss));
            Assert.That(Wire.Text(frame.Body.AsSpan(8)), Does.Contain("stream aborted"));
        }

        await Links.End(acceptor);
    }

    private static async Task<(TestConnection Acceptor, TestConnection Dialer, StreamSession From, StreamSession To)> OpenStream(ConnectionOptions options)
    {
        // The other direction is not ended by itself.
        var (acceptor, dialer) = await Links.Pair(options, setUpAcceptor: self => self.WhenFinished = (_, _) => { }, setUpDialer: self => self.WhenFinished = (_, _) => { });
        dialer.Open();
        await Eventually.True(() => !dialer.Opened.IsEmpty && !acceptor.Opened.IsEmpty, "the stream is open");
        return (acceptor, dialer, dialer.Opened.Single(), acceptor.Opened.Single());
    }
}
