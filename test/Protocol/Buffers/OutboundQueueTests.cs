using CsCheck;

namespace Frontier.Protocol.Tests.Buffers;

[TestFixture]
public sealed class OutboundQueueTests
{
    [Test]
    public void What_goes_in_comes_out_in_order() =>
        Gen.Frequency((8, Gen.Int[1, 200]), (2, Gen.Int[1, 5000]), (1, Gen.Int[60_000, 70_000])).Array[0, 60].Sample(
            lengths =>
            {
                var queue = default(OutboundQueue);
                var expected = new List<byte>();
                for (var round = 0; round < 2; round++)
                {
                    foreach (var length in lengths)
                    {
                        var frame = queue.Reserve(length);
                        Assert.That(frame.Length, Is.EqualTo(length));
                        frame.Fill((byte)(length + expected.Count));
                        expected.AddRange(frame.ToArray());
                    }

                    Assert.That(queue.ByteCount, Is.EqualTo(expected.Count));
                    Assert.That(queue.IsEmpty, Is.EqualTo(expected.Count == 0));
                    Assert.That(Drain(ref queue).SequenceEqual(expected));
                    Assert.That(queue.IsEmpty);
                    expected.Clear();
                }
            },
            iter: 200);

    [Test]
    public void Moving_takes_everything_and_leaves_an_empty_queue_to_go_on_with()
    {
        OutboundQueue queue = default, draining = default;
        for (byte round = 1; round < 5; round++)
        {
            queue.Reserve(10).Fill(round);
            queue.MoveTo(ref draining);
            Assert.That(queue.IsEmpty);
            queue.Reserve(10).Fill(99);
            Assert.That(Drain(ref draining), Is.EqualTo(Enumerable.Repeat(round, 10)));
            Assert.That(Drain(ref queue), Is.EqualTo(Enumerable.Repeat((byte)99, 10)));
        }
    }

    [Test]
    public void A_frame_is_never_split_over_blocks()
    {
        var queue = default(OutboundQueue);
        queue.Reserve(4000).Clear();
        queue.Reserve(100_000).Clear();
        queue.Reserve(100).Clear();
        Assert.That(queue.ByteCount, Is.EqualTo(104_100));
        Assert.That(Enumerable.Range(0, queue.Count).Select(i => queue.BlockAt(i).Length), Is.All.Positive);
        Assert.That(Enumerable.Range(0, queue.Count).Select(i => queue.BlockAt(i).Length), Does.Contain(4000).And.Some.GreaterThanOrEqualTo(100_000));
        queue.Clear();
        Assert.That(queue.IsEmpty);
    }

    [Test]
    public void Clearing_from_a_block_on_leaves_the_released_ones_alone()
    {
        var queue = default(OutboundQueue);
        for (var i = 0; i < 10; i++)
        {
            queue.Reserve(5000).Clear();
        }

        queue.Release(0);
        queue.Release(1);
        queue.Clear(2);
        Assert.That(queue.IsEmpty);
        Assert.That(queue.ByteCount, Is.Zero);
        queue.Reserve(7).Clear();
        Assert.That(queue.ByteCount, Is.EqualTo(7));
        queue.Clear();
    }

    private static List<byte> Drain(ref OutboundQueue queue)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < queue.Count; i++)
        {
            bytes.AddRange(queue.BlockAt(i));
            queue.Release(i);
        }

        queue.Reset();
        return bytes;
    }
}
