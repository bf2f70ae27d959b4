using System.Buffers;
using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Connections;

/// <summary>A plain peer drops stream bytes that its reader does not take in time: what is sent to it is few and full frames, paced.</summary>
[TestFixture]
public sealed class StreamPacingTests
{
    private const int FrameHead = sizeof(ulong);

    private static readonly ConnectionOptions Paced = new() { StreamPacing = new StreamPacing() };

    [Test]
    public async Task A_mebibyte_in_small_writes_arrives_whole_at_a_plain_reader_that_sleeps_meanwhile()
    {
        var (acceptor, peer, session) = await OpenStream(Paced);
        var reader = new GoStreamReader();
        var data = Bytes(1 << 20);
        var sending = SendAsync(acceptor, session, data, 1024);
        await ReceiveAsync(peer, reader, data.Length);
        await Eventually.Done(sending, "everything is sent");
        while (reader.Read(4096))
        {
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(reader.Dropped, Is.Zero);
            Assert.That(reader.BytesRead.AsSpan().SequenceEqual(data), "every byte, in order");
            Assert.That(reader.LargestFrame + FrameHead + Frame.HeaderLength, Is.LessThan(64 * 1024));
        }

        await Links.End(acceptor);
    }

    [Test]
    public async Task Small_writes_that_wait_to_be_sent_leave_as_one_frame()
    {
        var (acceptor, peer, session) = await OpenStream(Paced);
        var batch = FlushBatch.Enter();
        foreach (var chunk in Bytes(60 * 1024).Chunk(1024))
        {
            acceptor.Stream(session, chunk);
        }

        batch.Exit();
        var frame = await peer.Read(FrameType.Stream);
        Assert.That(frame.Body[FrameHead..], Is.EqualTo(Bytes(60 * 1024)));
        await Links.End(acceptor);
    }

    [Test]
    public async Task Frames_in_between_end_a_frame_and_the_order_stays()
    {
        var (acceptor, peer, session) = await OpenStream(Paced);
        var batch = FlushBatch.Enter();
        acceptor.Stream(session, [1]);
        acceptor.Publish("topic");
        acceptor.Stream(session, [2]);
        batch.Exit();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((await peer.Read(FrameType.Stream)).Body[FrameHead..], Is.EqualTo(new byte[] { 1 }));
            await peer.Read(FrameType.Message);
            Assert.That((await peer.Read(FrameType.Stream)).Body[FrameHead..], Is.EqualTo(new byte[] { 2 }));
        }

        await Links.End(acceptor);
    }

    [Test]
    public async Task A_fast_sender_waits_for_a_plain_reader_and_little_is_kept_meanwhile()
    {
        // So slow that nothing but the first frames leaves during the test.
        var (acceptor, peer, session) = await OpenStream(new ConnectionOptions { StreamPacing = new StreamPacing { FramesPerSecond = 1, BurstFrames = 1 } });
        var sent = 0;
        while (acceptor.CanSendStream(session))
        {
            acceptor.Stream(session, new byte[32 * 1024]);
            sent += 32 * 1024;
            Assert.That(sent, Is.LessThan(2 << 20), "the sender is told to wait");
        }

        Assert.That(acceptor.WhenStreamWritableAsync(session).IsCompleted, Is.False);
        acceptor.Dismiss(session, "connection lost"u8);
        var last = await peer.Read();
        while (last.Type == FrameType.Stream)
        {
            last = await peer.Read();
        }

        Assert.That(last.Type, Is.EqualTo(FrameType.Dismiss), "a stream that is cut ends at once");
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_connection_that_closes_sends_what_waits_for_a_plain_reader_first()
    {
        var (acceptor, peer, session) = await OpenStream(new ConnectionOptions { StreamPacing = new StreamPacing { FramesPerSecond = 1, BurstFrames = 1 } });
        var data = Bytes(700 * 1024);
        var reader = new GoStreamReader();
        var sent = 0;
        while (acceptor.CanSendStream(session))
        {
            acceptor.Stream(session, data[sent..(sent += 10_000)]);
        }

        acceptor.Dismiss(session);
        acceptor.Close(DisconnectReason.Closed);
        var received = new MemoryStream();
        ReceivedFrame frame;
        while ((frame = await peer.Read()).Type == FrameType.Stream)
        {
            received.Write(frame.Body.AsSpan(FrameHead));
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(received.ToArray(), Is.EqualTo(data[..sent]));
            Assert.That(frame.Type, Is.EqualTo(FrameType.Dismiss));
        }

        await Links.End(acceptor);
    }

    [Test]
    public void A_reader_that_pauses_loses_nothing_of_a_long_stream([Values(1024, 20_000, 64 * 1024)] int writes)
    {
        // 8 MiB/s with a pause of 300 ms in each second.
        var (reader, data) = Simulate(12 << 20, writes, millisecond => millisecond % 1000 < 300 ? 0 : 12 * 1024);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reader.Dropped, Is.Zero);
            Assert.That(reader.BytesRead.AsSpan().SequenceEqual(data), "every byte, in order, before the end");
        }
    }

    [Test]
    public void A_slow_reader_has_read_a_short_stream_before_it_hears_of_the_end()
    {
        // A read of 1 KiB, and a sleep of more than a millisecond.
        var (reader, data) = Simulate(1 << 20, 1024, millisecond => millisecond % 8 == 0 ? 0 : 1024);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reader.Dropped, Is.Zero);
            Assert.That(reader.BytesRead.AsSpan().SequenceEqual(data), "every byte, in order, before the end");
        }
    }

    [Test]
    public void A_few_small_writes_leave_at_once_and_their_end_soon_after()
    {
        var pace = new StreamPace(new StreamPacing());
        for (var i = 0; i < 8; i++)
        {
            Assert.That(pace.TryTake(10, 1_000_000));
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(pace.TryTake(10, 1_000_000), Is.False);
            Assert.That(pace.TryTake(10, 1_050_000), "twenty in a second go on without a pause");
            Assert.That(pace.TryEndLater(1_060_000), Is.False);
        }
    }

    // A writer that is always ahead, a network that takes no time, and a reader that takes so many bytes in each millisecond.
    private static (GoStreamReader Reader, byte[] Data) Simulate(int length, int writes, Func<int, int> readPerMillisecond)
    {
        var data = Bytes(length);
        var reader = new GoStreamReader();
        var pace = new StreamPace(new StreamPacing());
        var written = 0;
        var isOver = false;
        for (var millisecond = 0; !isOver && millisecond < 60_000; millisecond++)
        {
            var now = 1_000_000L + (millisecond * 1000);
            while (written < length && pace.Waiting < StreamPace.MaxWaiting)
            {
                var part = new ReadOnlySequence<byte>(data, written, Math.Min(writes, length - written));
                written += (int)part.Length;
                if (pace.Waiting == 0 && pace.TryTake(part.Length, now))
                {
                    reader.Arrive(part.ToArray());
                }
                else
                {
                    pace.Add(part);
                }
            }

            var isEnd = written == length && !pace.TryEndLater(now);
            while (millisecond % TimerWheel.ResolutionMilliseconds == 0 && pace.Waiting > 0 && pace.TryTake(pace.Next.Length, now))
            {
                reader.Arrive(pace.Next.ToArray());
                pace.Remove(pace.Next.Length);
            }

            if (isEnd)
            {
                reader.End();
                isOver = true;
            }

            for (var left = readPerMillisecond(millisecond); left > 0 && reader.Read(1024); left -= 1024)
            {
            }
        }

        Assert.That(isOver, "the stream comes to its end");
        return (reader, data);
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(7).NextBytes(bytes);
        return bytes;
    }

    private static async Task SendAsync(TestConnection from, StreamSession session, byte[] data, int writes)
    {
        foreach (var chunk in data.Chunk(writes))
        {
            while (!from.CanSendStream(session))
            {
                await from.WhenStreamWritableAsync(session);
            }

            from.Stream(session, chunk);
        }
    }

    private static async Task ReceiveAsync(RawPeer peer, GoStreamReader reader, int bytes)
    {
        for (var received = 0; received < bytes;)
        {
            var frame = await peer.Read(FrameType.Stream);
            reader.Arrive(frame.Body[FrameHead..]);
            received += frame.Body.Length - FrameHead;
        }
    }

    private static async Task<(TestConnection Acceptor, RawPeer Peer, StreamSession Session)> OpenStream(ConnectionOptions options)
    {
        var (acceptor, peer) = await Links.Open(options, bufferBytes: 4 << 20);
        await peer.Send(Wire.Session(Links.FirstId + 2, 99, "{}"));
        await peer.Read(FrameType.SessionAck);
        acceptor.Opened.TryPeek(out var session);
        return (acceptor, peer, session!);
    }
}
