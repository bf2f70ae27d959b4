using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Connections;

[TestFixture]
public sealed class FlushBatchTests
{
    [Test]
    public async Task Frames_written_within_a_batch_leave_at_its_end()
    {
        var (acceptor, peer) = await Links.Open();
        await Task.Run(() =>
        {
            var batch = FlushBatch.Enter();
            acceptor.Call("a");
            acceptor.Call("b");
            Assert.That(acceptor.OutboundBytes, Is.Positive, "nothing leaves before the end");
            var inner = FlushBatch.Enter();
            acceptor.Call("c");
            inner.Exit();
            Assert.That(acceptor.OutboundBytes, Is.Positive, "an inner batch is part of the outer one");
            batch.Exit();
            Assert.That(acceptor.OutboundBytes, Is.Zero);
        });
        foreach (var method in "abc")
        {
            Assert.That(Message.Parse((await peer.Read(FrameType.Request)).Body).Key, Is.EqualTo(method.ToString()));
        }

        await Links.End(acceptor);
    }

    [Test]
    public async Task Many_connections_are_flushed_by_one_batch()
    {
        var links = new List<(TestConnection Acceptor, RawPeer Peer)>();
        for (var i = 0; i < 20; i++)
        {
            links.Add(await Links.Open());
        }

        await Task.Run(() =>
        {
            var batch = FlushBatch.Enter();
            foreach (var (acceptor, _) in links)
            {
                acceptor.Call("a");
            }

            batch.FlushAll();
            foreach (var (acceptor, _) in links)
            {
                acceptor.Call("b");
            }

            batch.Exit();
        });
        foreach (var (acceptor, peer) in links)
        {
            Assert.That(Message.Parse((await peer.Read(FrameType.Request)).Body).Key, Is.EqualTo("a"));
            Assert.That(Message.Parse((await peer.Read(FrameType.Request)).Body).Key, Is.EqualTo("b"));
            await Links.End(acceptor);
        }
    }

    [Test]
    public async Task A_flush_that_runs_another_connections_read_loop_loses_nothing()
    {
        // With inline pipes the dialer's flush reads, answers and flushes at the acceptor on this very thread, beyond its own flush limit.
        const int Calls = 700;
        var (acceptor, dialer) = await Links.Pair(bufferBytes: 1024 * 1024, inline: true);
        await Task.Run(() =>
        {
            var batch = FlushBatch.Enter();
            for (ulong i = 0; i < Calls; i++)
            {
                dialer.Call("m", origin: i);
            }

            batch.Exit();
        });
        await Eventually.True(() => dialer.Outcomes.Count == Calls, "every call is answered");
        Assert.That(dialer.Outcomes.Select(outcome => outcome.Answer), Is.All.EqualTo(FrameType.Response));
        await Links.End(acceptor, dialer);
    }
}
