using System.Buffers.Binary;
using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Connections;

[TestFixture]
public sealed class DataTests
{
    [TestCase(4096)]
    [TestCase(100)]
    public async Task A_frame_of_megabytes_comes_over_many_segments(int segmentBytes)
    {
        var (acceptor, dialer) = await Links.Pair(new ConnectionOptions { MaxOutboundBytes = 32 * 1024 * 1024 }, segmentBytes: segmentBytes);
        var payload = string.Create(3_000_000, 0, (chars, _) =>
        {
            for (var i = 0; i < chars.Length; i++)
            {
                chars[i] = (char)('a' + (i * 7 % 26));
            }
        });
        dialer.Call("m", payload, origin: 1);
        acceptor.Call("m", "small", origin: 2);
        await Eventually.True(() => !dialer.Outcomes.IsEmpty && !acceptor.Outcomes.IsEmpty, "both are answered");
        Assert.That(acceptor.Requests.Single().Value, Is.EqualTo(payload));
        Assert.That(dialer.Outcomes.Single().Message.Value, Is.EqualTo(payload));
        await Links.End(acceptor, dialer);
    }

    [Test]
    public async Task A_frame_at_the_limit_is_taken()
    {
        var (acceptor, peer) = await Links.Open(new ConnectionOptions { MaxFrameBytes = 200_000 });
        await peer.Send(Wire.Session(Links.FirstId + 2, 77), Wire.Stream(Links.FirstId + 4, 77, new byte[200_000 - Frame.HeaderLength - 8]));
        await Eventually.True(() => acceptor.StreamBytes(77).Length == 200_000 - Frame.HeaderLength - 8, "the frame arrives");
        await Links.End(acceptor);
    }

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(13)]
    [TestCase(14)]
    [TestCase(15)]
    [TestCase(1000)]
    public async Task Frames_are_understood_however_the_socket_delivers_them(int pieceLength)
    {
        var (acceptor, peer) = await Links.Open();
        byte[] bytes =
        [
            .. Wire.Session(Links.FirstId + 2, 77), .. Wire.Stream(Links.FirstId + 4, 77, "abc"u8.ToArray()), .. Wire.Request(Links.FirstId + 6, "m", "x"),
            .. Wire.Frame(FrameType.Heartbeat, Links.FirstId + 10), .. Wire.Stream(Links.FirstId + 12, 77, "def"u8.ToArray()), .. Wire.Dismiss(Links.FirstId + 14, 77),
        ];
        await peer.SendInPieces(bytes, pieceLength);
        var answers = new List<FrameType>();
        while (answers.Count < 5)
        {
            answers.Add((await peer.Read()).Type);
        }

        Assert.That(answers, Is.EquivalentTo(new[] { FrameType.SessionAck, FrameType.Response, FrameType.HeartbeatAck, FrameType.DismissAck, FrameType.Dismiss }));
        Assert.That(Wire.Text(acceptor.StreamBytes(77)), Is.EqualTo("abcdef"));
        await Links.End(acceptor);
    }

    [TestCase(512)]
    [TestCase(64 * 1024)]
    public async Task Each_senders_frames_keep_their_order_and_none_is_lost(int bufferBytes)
    {
        const int Senders = 4, Frames = 1500;
        var (acceptor, dialer) = await Links.Pair(new ConnectionOptions { MaxOutboundBytes = 64 * 1024 * 1024 }, bufferBytes: bufferBytes);
        for (var i = 0; i < Senders; i++)
        {
            dialer.Open();
        }

        await Eventually.True(() => dialer.Opened.Count == Senders, "the sessions are open");
        await Task.WhenAll(dialer.Opened.Select((session, sender) => Task.Run(() =>
        {
            var random = new Random(sender);
            for (var i = 0; i < Frames; i++)
            {
                var data = new byte[4 + random.Next(200) + (i % 500 == 0 ? 70_000 : 0)];
                BinaryPrimitives.WriteInt32BigEndian(data, i);
                data.AsSpan(4).Fill((byte)i);
                dialer.Stream(session, data);
                if (i % 10 == 0)
                {
                    dialer.Call("m", $"{sender}:{i:d6}", origin: 1);
                }
            }

            dialer.Dismiss(session);
        })));
        await Eventually.True(() => acceptor.Finished.Count == Senders, "every stream ends");
        foreach (var (session, sender) in dialer.Opened.Select((session, sender) => (session, sender)))
        {
            var bytes = acceptor.StreamBytes(session.Id);
            var random = new Random(sender);
            var at = 0;
            for (var i = 0; i < Frames; i++)
            {
                var length = random.Next(200) + (i % 500 == 0 ? 70_000 : 0);
                if (BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at)) != i || bytes.AsSpan(at + 4, length).ContainsAnyExcept((byte)i))
                {
                    Assert.Fail($"sender {sender}, frame {i} is not what was sent");
                }

                at += 4 + length;
            }

            Assert.That(at, Is.EqualTo(bytes.Length));
        }

        await Eventually.True(() => dialer.Outcomes.Count(outcome => outcome.Origin == 1) == Senders * Frames / 10, "every call is answered");
        foreach (var calls in acceptor.Requests.GroupBy(request => request.Value[0]))
        {
            Assert.That(calls.Select(request => request.Value), Is.Ordered, "calls of one sender keep their order");
        }

        await Links.End(acceptor, dialer);
    }

    [Test]
    public async Task An_idle_connection_holds_no_memory_for_what_it_has_sent()
    {
        var (acceptor, dialer) = await Links.Pair(new ConnectionOptions { MaxOutboundBytes = 64 * 1024 * 1024 });
        for (var i = 0; i < 5000; i++)
        {
            dialer.Call("m", new string('x', 500));
        }

        await Eventually.True(() => dialer.Outcomes.Count == 5000, "every call is answered");
        await Eventually.True(() => dialer.OutboundBytes == 0 && acceptor.OutboundBytes == 0, "nothing waits");
        dialer.Outcomes.Clear();
        acceptor.Requests.Clear();

        // What a connection keeps is what becomes unreachable with it: measured by making many idle ones.
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var idle = new List<TestConnection>();
        for (var i = 0; i < 200; i++)
        {
            var (near, far) = await Links.Pair();
            near.Call("m", new string('x', 5000));
            await Eventually.True(() => near.Outcomes.Count == 1 && near.OutboundBytes == 0 && far.OutboundBytes == 0, "the call is answered");
            near.Outcomes.Clear();
            far.Requests.Clear();
            idle.Add(near);
            idle.Add(far);
        }

        var perConnection = (GC.GetTotalMemory(forceFullCollection: true) - before) / idle.Count;
        TestContext.Out.WriteLine($"{perConnection} bytes of heap an idle connection, pipes and test bookkeeping included");
        Assert.That(perConnection, Is.LessThan(12 * 1024));
        await Links.End([.. idle, acceptor, dialer]);
    }
}
