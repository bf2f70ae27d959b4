using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Connections;

[TestFixture]
public sealed class BackpressureTests
{
    private static readonly ConnectionOptions Narrow = new() { MaxOutboundBytes = 64 * 1024 };

    [Test]
    public async Task Requests_for_a_peer_that_does_not_read_are_refused_in_the_end()
    {
        var (acceptor, peer) = await Links.Open(Narrow, bufferBytes: 4096);
        var sent = 0;
        while (acceptor.Call("m", new string('x', 1000)) == SendOutcome.Sent)
        {
            sent++;
            Assert.That(sent, Is.LessThan(1000), "memory is bounded");
        }

        Assert.That(acceptor.Call("m"), Is.EqualTo(SendOutcome.SlowConsumer));
        Assert.That(acceptor.IsCongested);
        var drained = acceptor.WhenDrainedAsync();
        Assert.That(drained.IsCompleted, Is.False);
        for (var i = 0; i < sent; i++)
        {
            await peer.Read(FrameType.Request);
        }

        await Eventually.Done(drained, "the queue has drained");
        Assert.That(acceptor.IsCongested, Is.False);
        Assert.That(acceptor.Call("m"), Is.EqualTo(SendOutcome.Sent));
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_peer_that_leaves_its_socket_unread_is_cut()
    {
        var (acceptor, _) = await Links.Open(new ConnectionOptions { SlowConsumerTimeout = TimeSpan.FromMilliseconds(50) }, bufferBytes: 4096);
        for (ulong i = 0; i < 20; i++)
        {
            acceptor.Call("m", new string('x', 1000), origin: i);
        }

        Assert.That(await Eventually.Done(acceptor.Run, "the slow consumer is cut"), Is.EqualTo(DisconnectReason.SlowConsumer));
        Assert.That(acceptor.Outcomes, Has.Count.EqualTo(20));
    }

    [Test]
    public async Task A_peer_that_asks_without_reading_the_answers_is_not_read_any_further()
    {
        const int Calls = 400;
        var (acceptor, peer) = await Links.Open(Narrow, bufferBytes: 4096);
        var sending = Task.Run(async () =>
        {
            for (ulong i = 1; i <= Calls; i++)
            {
                await peer.Send(Wire.Request(Links.FirstId + (2 * i), "m", new string('x', 1000)));
            }
        });
        await Eventually.True(() => acceptor.OutboundBytes > Narrow.MaxOutboundBytes, "answers pile up");
        Assert.That(acceptor.OutboundBytes, Is.LessThan(2 * Narrow.MaxOutboundBytes));
        Assert.That(acceptor.Requests, Has.Count.LessThan(Calls), "the rest stays in the socket");

        var answers = new List<ulong>();
        while (answers.Count < Calls)
        {
            answers.Add((await peer.Read(FrameType.Response)).PacketId);
        }

        await sending;
        Assert.That(answers, Is.EqualTo(Enumerable.Range(1, Calls).Select(i => Links.FirstId + (2 * (ulong)i))), "each is answered, in order");
        Assert.That(acceptor.IsOpen);
        await Links.End(acceptor);
    }

    [Test]
    public async Task Answers_are_taken_however_much_waits_for_their_sender()
    {
        var (acceptor, peer) = await Links.Open(Narrow, bufferBytes: 4096);
        acceptor.Call("first", origin: 1);
        var first = await peer.Read(FrameType.Request);
        while (acceptor.Call("m", new string('x', 1000)) == SendOutcome.Sent)
        {
        }

        // The peer answers before it reads on, as one does whose own answers keep it from reading.
        await peer.Send(Wire.Response(first.PacketId, "m", "answer"));
        await Eventually.True(() => !acceptor.Outcomes.IsEmpty, "the answer is taken");
        Assert.That(acceptor.OutboundBytes, Is.GreaterThan(Narrow.MaxOutboundBytes));
        await Links.End(acceptor);
    }

    [Test]
    public async Task Two_ends_that_are_both_full_do_not_wait_for_each_other()
    {
        const int Calls = 300;
        var (acceptor, dialer) = await Links.Pair(Narrow, bufferBytes: 4096);
        for (ulong i = 0; i < Calls; i++)
        {
            while (acceptor.Call("m", new string('x', 4000), origin: i) == SendOutcome.SlowConsumer)
            {
                await Eventually.Done(acceptor.WhenDrainedAsync(), "the dialer reads");
            }
        }

        await Eventually.True(() => acceptor.Outcomes.Count == Calls, "every call is answered");
        Assert.That(acceptor.Outcomes.Select(outcome => outcome.Answer), Is.All.EqualTo(FrameType.Response));
        await Links.End(acceptor, dialer);
    }

    [Test]
    public async Task A_peer_for_which_answers_pile_up_is_cut()
    {
        var (acceptor, peer) = await Links.Open(Narrow, connection => connection.WhenRequest = (self, request) => self.Take(request.PacketId), bufferBytes: 4096);
        for (ulong i = 1; i <= 10; i++)
        {
            await peer.Send(Wire.Request(Links.FirstId + (2 * i), "m", "x"));
        }

        await Eventually.True(() => acceptor.Requests.Count == 10, "the requests are in flight");
        foreach (var request in acceptor.Requests)
        {
            acceptor.Reply(request, new string('x', 150_000)); // Together more than ConnectionOptions.MaxAnswerBytes.
        }

        Assert.That(await Eventually.Done(acceptor.Run, "the peer is cut"), Is.EqualTo(DisconnectReason.SlowConsumer));
    }

    [Test]
    public async Task Stream_bytes_wait_at_their_source_and_none_is_lost()
    {
        // A relay: what comes on one connection goes to another whose peer reads late, offered again as long as that one is congested.
        var (target, targetPeer) = await Links.Open(Narrow, bufferBytes: 4096);
        await targetPeer.Send(Wire.Session(Links.FirstId + 2, 77));
        await targetPeer.Read(FrameType.SessionAck);
        var onward = target.Opened.Single();
        var offered = 0;
        var (source, sourcePeer) = await Links.Open(bufferBytes: 4096, setUp: connection => connection.TakesStream = (self, _) =>
        {
            offered++;
            if (target.IsCongested)
            {
                self.Stall(target.WhenDrainedAsync());
                return false;
            }

            target.Stream(onward, new byte[2000]);
            return true;
        });
        await sourcePeer.Send(Wire.Session(Links.FirstId + 2, 55));
        await sourcePeer.Read(FrameType.SessionAck);
        const int Frames = 200;
        var sending = Task.Run(async () =>
        {
            for (ulong i = 0; i < Frames; i++)
            {
                await sourcePeer.Send(Wire.Stream(Links.FirstId + 4 + (2 * i), 55, new byte[2000]));
            }
        });
        await Eventually.True(() => target.IsCongested, "the target is congested");
        Assert.That(target.OutboundBytes, Is.LessThanOrEqualTo((Narrow.MaxOutboundBytes / 4) + 4096), "no more than one frame goes over");
        for (var i = 0; i < Frames; i++)
        {
            Assert.That((await targetPeer.Read(FrameType.Stream)).Body, Has.Length.EqualTo(2008));
        }

        await sending;
        Assert.That(source.StreamBytes(55), Has.Length.EqualTo(Frames * 2000));
        Assert.That(offered, Is.GreaterThan(Frames), "some were offered again");
        await Links.End(source, target);
    }

    [Test]
    public async Task Who_waits_for_a_congested_peer_goes_on_when_that_peer_is_gone()
    {
        var (target, targetPeer) = await Links.Open(Narrow, bufferBytes: 4096);
        while (target.Call("m", new string('x', 1000)) == SendOutcome.Sent)
        {
        }

        var offered = 0;
        var (source, sourcePeer) = await Links.Open(setUp: connection => connection.TakesStream = (self, _) =>
        {
            offered++;
            if (target.IsCongested)
            {
                self.Stall(target.WhenDrainedAsync());
                return false;
            }

            return true;
        });
        await sourcePeer.Send(Wire.Session(Links.FirstId + 2, 55), Wire.Stream(Links.FirstId + 4, 55, [1, 2, 3]));
        await Eventually.True(() => offered > 0, "the bytes are offered");
        Assert.That(source.StreamBytes(55), Is.Empty);
        target.Abort(DisconnectReason.Kicked);
        await Eventually.True(() => source.StreamBytes(55).Length == 3, "the source goes on");
        Assert.That(offered, Is.LessThan(10), "and did not go round meanwhile");
        Assert.That(target.IsCongested, Is.False);
        Assert.That(target.WhenDrainedAsync().IsCompleted);
        Assert.That(target.OutboundBytes, Is.GreaterThanOrEqualTo(0));
        await Links.End(source, target);
    }

    [Test]
    public async Task A_peer_that_is_gone_before_it_was_let_in_is_not_congested_for_good()
    {
        var (acceptor, peer) = Links.Accept(Narrow);
        acceptor.WhenConn = (_, _) => { };
        acceptor.Start();
        await peer.Send(Wire.Conn(Links.FirstId, 7));
        await Eventually.True(() => acceptor.AcceptsTraffic, "the login is being decided");
        while (acceptor.Call("m", new string('x', 1000)) == SendOutcome.Sent)
        {
        }

        Assert.That(acceptor.IsCongested);
        var drained = acceptor.WhenDrainedAsync();
        peer.Hangup();
        await Eventually.Done(acceptor.Run, "the connection ends");
        await Eventually.Done(drained, "who waits goes on");
        Assert.That((acceptor.IsCongested, acceptor.OutboundBytes), Is.EqualTo((false, 0L)));
    }

    [Test]
    public async Task A_stalled_reader_can_be_aborted()
    {
        for (var round = 0; round < 100; round++)
        {
            var never = new TaskCompletionSource();
            var (acceptor, peer) = await Links.Open(setUp: connection => connection.WhenRequest = (self, _) => self.Stall(never.Task));
            await peer.Send(Wire.Request(Links.FirstId + 2, "m", "x"));
            if (round % 2 == 0)
            {
                await Eventually.True(() => !acceptor.Requests.IsEmpty, "the request arrives");
            }

            acceptor.Abort(DisconnectReason.Kicked);
            Assert.That(await Eventually.Done(acceptor.Run, "the stalled connection ends"), Is.EqualTo(DisconnectReason.Kicked));
        }
    }
}
