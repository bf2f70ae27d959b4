using CsCheck;
using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Connections;

/// <summary>Those who send to one receiver share its room: one that floods does not keep the others out.</summary>
[TestFixture]
public sealed class FairShareTests
{
    private const ulong Flooder = 1;
    private static readonly ulong[] Others = [2, 3, 4, 5];

    [Test]
    public async Task A_flood_of_calls_that_are_not_answered_leaves_room_in_the_in_flight_table()
    {
        var (acceptor, peer) = await Links.Open(new ConnectionOptions { MaxInFlight = 1000 }, bufferBytes: 1 << 20);
        var flooded = Flood(() => acceptor.Call("slow", source: Flooder), SendOutcome.TooManyInFlight);
        Assert.That(flooded, Is.GreaterThan(800), "alone it gets most of the room");
        Assert.That(Others.Select(source => acceptor.Call("m", source: source)), Is.All.EqualTo(SendOutcome.Sent));

        for (var i = 0; i < 500; i++)
        {
            await peer.Send(Wire.Response((await peer.Read(FrameType.Request)).PacketId, "slow", ""));
        }

        await Eventually.True(() => acceptor.Outcomes.Count == 500, "half of it is answered");
        Assert.That(acceptor.Call("slow", source: Flooder), Is.EqualTo(SendOutcome.Sent), "it has room again");
        await Links.End(acceptor);
    }

    [Test]
    public async Task Several_floods_share_the_in_flight_table_evenly()
    {
        var (acceptor, _) = await Links.Open(new ConnectionOptions { MaxInFlight = 1000 }, bufferBytes: 1 << 20);
        var sent = new int[3];
        for (var i = 0; i < 3000; i++)
        {
            sent[i % 3] += acceptor.Call("slow", source: (ulong)(i % 3) + 1) == SendOutcome.Sent ? 1 : 0;
        }

        Assert.That(sent.Max() - sent.Min(), Is.LessThanOrEqualTo(2));
        Assert.That(sent.Sum(), Is.InRange(900, 999));
        Assert.That(acceptor.Call("m", source: 99), Is.EqualTo(SendOutcome.Sent), "a newcomer gets in");
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_flood_that_a_slow_reader_does_not_take_leaves_room_in_the_outbound_queue([Values(100, 1000, 15_000)] int bytes)
    {
        var (acceptor, peer) = await Links.Open(new ConnectionOptions { MaxOutboundBytes = 64 * 1024 }, bufferBytes: 4096);
        var flooded = Flood(() => acceptor.Call("m", new string('x', bytes), source: Flooder), SendOutcome.SlowConsumer);
        Assert.That(Others.Select(source => acceptor.Call("m", "x", source: source)), Is.All.EqualTo(SendOutcome.Sent));
        for (var i = 0; i < flooded + Others.Length; i++)
        {
            await peer.Read(FrameType.Request);
        }

        await Eventually.True(() => acceptor.OutboundBytes == 0, "the peer has read everything");
        Assert.That(acceptor.Call("m", source: Flooder), Is.EqualTo(SendOutcome.Sent));
        await Links.End(acceptor);
    }

    [Test]
    public async Task A_flood_of_messages_that_wait_for_acknowledgements_leaves_room_for_those_of_others()
    {
        var (acceptor, peer) = await Links.Open(new ConnectionOptions { MaxOutboundBytes = 64 * 1024 }, bufferBytes: 1 << 20);
        Flood(() => acceptor.Publish("t", new string('x', 500), source: Flooder), SendOutcome.SlowConsumer);
        Assert.That(Others.Select(source => acceptor.Publish("t", "other", source: source)), Is.All.EqualTo(SendOutcome.Sent));
        var others = 0;
        while (others < Others.Length)
        {
            var message = await peer.Read(FrameType.Message);
            others += Wire.Text(MessageBody.Parse(message.Body).DecodeValue()) == "other" ? 1 : 0;
            await peer.Send(Wire.Frame(FrameType.MessageAck, message.PacketId, Wire.Body(1, "{}")));
        }

        await Eventually.True(() => acceptor.WaitingMessageBytes == 0, "nothing waits any more");
        Assert.That(acceptor.Publish("t", source: Flooder), Is.EqualTo(SendOutcome.Sent));
        await Links.End(acceptor);
    }

    [Test]
    public void The_share_of_a_queue_is_what_a_list_of_its_bytes_says() =>
        Gen.Select(Gen.Int[0, 2], Gen.ULong[0, 3], Gen.Int[1, 50]).Array[0, 300].Sample(steps =>
        {
            var share = default(QueueShare);
            var queue = new Queue<ulong?>();
            foreach (var (action, source, bytes) in steps)
            {
                if (action == 0)
                {
                    var left = Math.Min(bytes * 2, queue.Count);
                    share.Remove(left);
                    for (var i = 0; i < left; i++)
                    {
                        queue.Dequeue();
                    }
                }
                else
                {
                    var counts = share.IsCounting || queue.Count + bytes > 60;
                    if (counts)
                    {
                        share.Add(source, bytes, queue.Count);
                    }

                    for (var i = 0; i < bytes; i++)
                    {
                        queue.Enqueue(counts ? source : null);
                    }
                }

                for (ulong one = 1; one <= 3; one++)
                {
                    Assert.That(share.Of(one), Is.EqualTo(queue.Count(entry => entry == one)));
                }
            }
        });

    private static int Flood(Func<SendOutcome> send, SendOutcome end)
    {
        var sent = 0;
        SendOutcome outcome;
        while ((outcome = send()) == SendOutcome.Sent)
        {
            Assert.That(++sent, Is.LessThan(10_000), "the room is bounded");
        }

        Assert.That(outcome, Is.EqualTo(end));
        return sent;
    }
}
