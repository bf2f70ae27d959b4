using Frontier.Protocol.Tests.Support;
using Frontier.Vectors;

namespace Frontier.Protocol.Tests.Connections;

[TestFixture]
public sealed class DismissTests
{
    private const ulong PeersId = Links.FirstId + 0x1001;

    private static readonly ConnectionOptions Lingering = new() { DismissLinger = TimeSpan.FromSeconds(20) };

    [Test]
    public async Task The_four_way_handshake_finishes_a_session_at_both_ends()
    {
        var (acceptor, peer) = await OpenSession();
        await peer.Send(Wire.Dismiss(Links.FirstId + 4, PeersId));
        Assert.That((await peer.Read(FrameType.DismissAck)).PacketId, Is.EqualTo(Links.FirstId + 4));
        var dismiss = await peer.Read(FrameType.Dismiss);
        Assert.That(dismiss.SessionId, Is.EqualTo(PeersId));
        await peer.Send(Wire.DismissAck(dismiss.PacketId, PeersId));
        await Eventually.True(() => acceptor.SessionCount == 0, "the session is gone");
        Assert.That(acceptor.Finished, Is.EqualTo(new[] { PeersId }));
        await Links.End(acceptor);
    }

    [Test]
    public async Task Everything_sent_before_Dismiss_is_delivered_before_the_end()
    {
        var (acceptor, dialer) = await Links.Pair();
        dialer.Open();
        await Eventually.True(() => !dialer.Opened.IsEmpty, "the session is open");
        var session = dialer.Opened.Single();
        var atTheEnd = 0;
        acceptor.WhenFinished = (self, finished) =>
        {
            atTheEnd = self.StreamBytes(finished.Id).Length;
            self.Dismiss(finished);
        };
        for (var i = 0; i < 50; i++)
        {
            dialer.Stream(session, new byte[1000]);
        }

        dialer.Dismiss(session);
        dialer.Stream(session, [1, 2, 3]); // Too late: its half has ended.
        await Eventually.True(() => Volatile.Read(ref atTheEnd) != 0, "the end arrives");
        Assert.That(atTheEnd, Is.EqualTo(50_000));
        await Eventually.True(() => dialer.SessionCount == 0 && acceptor.SessionCount == 0, "the session is gone");
        Assert.That(acceptor.StreamBytes(session.Id), Has.Length.EqualTo(50_000));
        await Links.End(acceptor, dialer);
    }

    [Test]
    public async Task A_half_closed_session_still_delivers_the_other_half()
    {
        var (acceptor, dialer) = await Links.Pair(setUpAcceptor: connection => connection.WhenFinished = (_, _) => { });
        dialer.Open();
        await Eventually.True(() => !dialer.Opened.IsEmpty, "the session is open");
        dialer.Dismiss(dialer.Opened.Single());
        await Eventually.True(() => !acceptor.Finished.IsEmpty, "the acceptor sees the end");
        var far = acceptor.Opened.Single();
        Assert.That(far.IsFinished);
        acceptor.Stream(far, "answer"u8.ToArray());
        acceptor.Dismiss(far);
        await Eventually.True(() => !dialer.Finished.IsEmpty, "the dialer sees the end, too");
        Assert.That(Wire.Text(dialer.StreamBytes(far.Id)), Is.EqualTo("answer"));
        await Eventually.True(() => dialer.SessionCount == 0 && acceptor.SessionCount == 0, "the session is gone");
        await Links.End(acceptor, dialer);
    }

    [Test]
    public async Task Bytes_that_a_Dismiss_has_overtaken_are_delivered_before_the_end()
    {
        // As recorded: the Dismiss has the higher packet id and comes first.
        var (acceptor, peer) = await OpenSession(Lingering);
        await peer.Send(Wire.Dismiss(Links.FirstId + 6, PeersId));
        await peer.Read(FrameType.DismissAck);
        Assert.That(acceptor.Finished, Is.Empty, "a packet id is missing");
        await peer.Send(Wire.Stream(Links.FirstId + 4, PeersId, "last words"u8.ToArray()));
        await Eventually.True(() => acceptor.StreamBytes(PeersId).Length == 10, "the late bytes arrive");
        Assert.That(acceptor.Finished, Is.Empty);
        acceptor.OnTimer(Environment.TickCount64 + 25_000);
        Assert.That(acceptor.Finished, Is.EqualTo(new[] { PeersId }), "the end follows when the time is over");
        await Links.End(acceptor);
    }

    [Test]
    public async Task The_wait_for_late_bytes_ends_by_itself()
    {
        var (acceptor, peer) = await OpenSession(new ConnectionOptions { DismissLinger = TimeSpan.FromMilliseconds(30) });
        await peer.Send(Wire.Dismiss(Links.FirstId + 6, PeersId));
        await peer.Read(FrameType.DismissAck);
        var dismiss = await peer.Read(FrameType.Dismiss);
        Assert.That(acceptor.Finished, Is.EqualTo(new[] { PeersId }));
        await peer.Send(Wire.DismissAck(dismiss.PacketId, PeersId));
        await Eventually.True(() => acceptor.SessionCount == 0, "the session is gone");
        await Links.End(acceptor);
    }

    [Test]
    public async Task Nothing_is_waited_for_when_the_packet_ids_show_that_nothing_is_missing()
    {
        var (acceptor, peer) = await OpenSession(Lingering);
        await peer.Send(Wire.Stream(Links.FirstId + 4, PeersId, [1]), Wire.Dismiss(Links.FirstId + 6, PeersId));
        await peer.Read(FrameType.DismissAck);
        await peer.Read(FrameType.Dismiss);
        Assert.That(acceptor.Finished, Is.EqualTo(new[] { PeersId }));
        await Links.End(acceptor);

        // A Go peer uses one more number for each request and message.
        (acceptor, peer) = await OpenSession(Lingering);
        await peer.Send(Wire.Request(Links.FirstId + 4, "m", "x", PeersId), Wire.Dismiss(Links.FirstId + 8, PeersId));
        await peer.Read(FrameType.Response);
        await peer.Read(FrameType.DismissAck);
        await peer.Read(FrameType.Dismiss);
        await Links.End(acceptor);
    }

    [Test]
    public async Task Late_bytes_survive_a_stalled_reader()
    {
        var stall = new TaskCompletionSource();
        var takes = false;
        var (acceptor, peer) = await OpenSession(
            new ConnectionOptions { DismissLinger = TimeSpan.FromMilliseconds(100) },
            connection => connection.TakesStream = (self, _) =>
            {
                if (!takes)
                {
                    self.Stall(stall.Task);
                }

                return takes;
            });
        await peer.Send([.. Wire.Dismiss(Links.FirstId + 6, PeersId), .. Wire.Stream(Links.FirstId + 4, PeersId, "last words"u8.ToArray())]);
        await peer.Read(FrameType.DismissAck);
        var start = Environment.TickCount64;
        await Eventually.True(() => Environment.TickCount64 > start + 500, "the linger time passes, several times over, while the reader is stalled");
        Assert.That(acceptor.Finished, Is.Empty);
        takes = true;
        stall.SetResult();
        await Eventually.True(() => acceptor.StreamBytes(PeersId).Length == 10, "the late bytes are delivered");
        await Links.End(acceptor);
    }

    [Test]
    public async Task The_recorded_edge_that_dismissed_before_its_last_words_gets_them_through()
    {
        var (acceptor, peer) = Links.Accept(Lingering);
        acceptor.Start();
        var recorded = RecordedConversation.Load("stream_data_then_close").Packets.Where(packet => packet is { Listener: "edge", FromPeer: true }).ToArray();
        ulong session = 0;
        foreach (var packet in recorded.TakeWhile(packet => packet.Type != "dismiss_ack"))
        {
            var bytes = packet.Bytes.ToArray();
            if (packet.Type is "dismiss" or "stream")
            {
                Wire.Id(session).CopyTo(bytes, Frame.HeaderLength); // The recorded gateway had chosen another id.
            }

            await peer.Send(bytes);
            if (packet.Type == "session")
            {
                await peer.Read(FrameType.ConnAck);
                session = SessionBody.ParseSessionAck((await peer.Read(FrameType.SessionAck)).Body).SessionId;
            }
        }

        await Eventually.True(() => Wire.Text(acceptor.StreamBytes(session)) == "last words", "the last words arrive");
        Assert.That((await peer.Read(FrameType.DismissAck)).SessionId, Is.EqualTo(session));
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_session_whose_Dismiss_is_never_answered_is_forgotten()
    {
        var (acceptor, peer) = await OpenSession();
        acceptor.Dismiss(acceptor.Opened.Single());
        await peer.Read(FrameType.Dismiss);
        acceptor.OnTimer(Environment.TickCount64 + 29_000);
        Assert.That(acceptor.SessionCount, Is.EqualTo(1));
        acceptor.OnTimer(Environment.TickCount64 + 31_000);
        await Eventually.True(() => acceptor.SessionCount == 0, "the session is forgotten");
        Assert.That(acceptor.Finished, Is.EqualTo(new[] { PeersId }));
        await Links.End(acceptor);
    }

    [Test]
    public async Task Sessions_end_with_their_connection_and_each_owner_hears_of_it_once()
    {
        var (acceptor, peer) = await OpenSession();
        await peer.Send(Wire.Session(Links.FirstId + 4, PeersId + 2), Wire.Session(Links.FirstId + 6, PeersId + 4), Wire.Dismiss(Links.FirstId + 8, PeersId + 4));
        await Eventually.True(() => acceptor.Finished.Count == 1, "one is dismissed by the peer");
        peer.Hangup();
        await Eventually.Done(acceptor.Run, "the connection ends");
        Assert.That(acceptor.Finished, Is.EquivalentTo(new[] { PeersId, PeersId + 2, PeersId + 4 }));
    }

    private static async Task<(TestConnection Acceptor, RawPeer Peer)> OpenSession(ConnectionOptions? options = null, Action<TestConnection>? setUp = null)
    {
        var (acceptor, peer) = await Links.Open(options, setUp);
        await peer.Send(Wire.Session(Links.FirstId + 2, PeersId));
        await peer.Read(FrameType.SessionAck);
        return (acceptor, peer);
    }
}
