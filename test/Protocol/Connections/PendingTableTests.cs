using CsCheck;

namespace Frontier.Protocol.Tests.Connections;

[TestFixture]
public sealed class PendingTableTests
{
    private static readonly FrameType[] Types = [FrameType.Request, FrameType.Message, FrameType.Session, FrameType.Register];

    // One step is (what to do, a number to do it with).
    private static readonly Gen<(int Action, int Number)[]> Steps = Gen.Select(Gen.Int[0, 11], Gen.Int[0, 300]).Array[0, 400];

    [Test]
    public void The_table_does_what_a_dictionary_does() =>
        Steps.Sample(
            steps =>
            {
                var table = default(PendingTable);
                var model = new Dictionary<ulong, PendingReply>();
                var sinks = new[] { new Sink(), new Sink() };
                ulong nextId = 0xffff_ffff_ffff_ff01; // Passes zero on its way.
                foreach (var (action, number) in steps)
                {
                    switch (action)
                    {
                        case < 6:
                            table.Grow();
                            do
                            {
                                nextId += 2;
                            }
                            while (table.IsTaken(nextId));
                            var pending = new PendingReply
                            {
                                PacketId = nextId, Sink = sinks[number & 1], OriginPacketId = (ulong)(number % 20), Type = Types[number & 3], Deadline = number,
                            };
                            table.Add(pending);
                            model.Add(nextId, pending);
                            break;
                        case < 9:
                            var id = model.Count == 0 || number < 10 ? (ulong)number : model.Keys.ElementAt(number % model.Count);
                            var type = number % 7 == 0 ? FrameType.Request : model.TryGetValue(id, out var known) ? known.Type : FrameType.Message;
                            var expected = model.TryGetValue(id, out known) && known.Type == type;
                            Assert.That(table.TryTake(id, type, out var taken), Is.EqualTo(expected));
                            Assert.That(taken.PacketId, Is.EqualTo(expected ? id : 0));
                            if (expected)
                            {
                                model.Remove(id);
                            }

                            break;
                        case 9:
                            var sink = sinks[number & 1];
                            var origin = (ulong)(number % 20);
                            var candidates = model.Values.Where(entry => entry.Sink == sink && entry.OriginPacketId == origin).Select(entry => entry.PacketId).ToArray();
                            Assert.That(table.TryTakeByOrigin(sink, origin, out taken), Is.EqualTo(candidates.Length > 0));
                            if (candidates.Length > 0)
                            {
                                Assert.That(candidates, Does.Contain(taken.PacketId));
                                model.Remove(taken.PacketId);
                            }

                            break;
                        case 10:
                            var all = new List<PendingReply>();
                            HashSet<ulong> origins = [(ulong)(number % 20), (ulong)(number % 13)];
                            table.TakeAllByOrigin(sinks[0], origins, all);
                            var gone = model.Values.Where(entry => entry.Sink == sinks[0] && origins.Contains(entry.OriginPacketId)).Select(entry => entry.PacketId).ToArray();
                            Assert.That(all.Select(entry => entry.PacketId), Is.EquivalentTo(gone));
                            Array.ForEach(gone, key => model.Remove(key));
                            break;
                        default:
                            var expired = new List<PendingReply>();
                            var due = model.Values.Count(entry => entry.Deadline <= number);
                            var earliest = table.TakeExpired(number, number % 3 == 0 ? 2 : int.MaxValue, expired);
                            Assert.That(expired, Has.Count.EqualTo(number % 3 == 0 ? Math.Min(due, 2) : due));
                            Assert.That(expired.Select(entry => entry.Deadline), Is.All.LessThanOrEqualTo(number));
                            expired.ForEach(entry => Assert.That(model.Remove(entry.PacketId)));
                            Assert.That(earliest, Is.LessThanOrEqualTo(model.Values.Select(entry => entry.Deadline).DefaultIfEmpty(long.MaxValue).Min()));
                            break;
                    }

                    Assert.That(table.Count, Is.EqualTo(model.Count));
                }

                var rest = new List<PendingReply>();
                table.TakeAll(rest);
                Assert.That(rest.Select(entry => entry.PacketId), Is.EquivalentTo(model.Keys));
                Assert.That(table.Count, Is.Zero);
                Assert.That(table.TryTake(nextId, FrameType.Request, out _), Is.False);
            },
            iter: 200);

    [Test]
    public void Expiry_takes_only_what_is_due_and_only_so_much_at_a_time()
    {
        const int Entries = 100_000;
        var table = default(PendingTable);
        for (ulong i = 0; i < Entries; i++)
        {
            table.Grow();
            table.Add(new PendingReply { PacketId = 2 * i, Sink = new Sink(), Deadline = 30_000 + (long)(i % 1000) });
        }

        var expired = new List<PendingReply>();
        Assert.That(table.TakeExpired(29_999, int.MaxValue, expired), Is.EqualTo(30_000));
        Assert.That(expired, Is.Empty);
        Assert.That(table.TakeExpired(30_001, 150, expired), Is.LessThanOrEqualTo(30_001), "there is more");
        Assert.That(expired, Has.Count.EqualTo(150));
        Assert.That(table.TakeExpired(30_001, 150, expired), Is.EqualTo(30_002));
        Assert.That(expired.Select(entry => entry.Deadline), Is.All.LessThanOrEqualTo(30_001));
        Assert.That((expired.Count, table.Count), Is.EqualTo((200, Entries - 200)));
        Assert.That(expired.DistinctBy(entry => entry.PacketId).Count(), Is.EqualTo(200));
    }

    [Test]
    public void A_burst_leaves_no_memory_behind_once_the_table_is_trimmed()
    {
        var table = default(PendingTable);
        for (ulong id = 0; id < 200_000; id += 2)
        {
            table.Grow();
            table.Add(new PendingReply { PacketId = id, Sink = new Sink() });
        }

        for (ulong id = 0; id < 200_000; id += 2)
        {
            table.TryTake(id, FrameType.None, out _);
        }

        Assert.That(table.Count, Is.Zero);
        Assert.That(table.Capacity, Is.GreaterThan(1024), "the next burst finds it");

        table.Trim();
        Assert.That(table.Capacity, Is.Zero);
    }

    private sealed class Sink : IReplySink
    {
        public void OnReply(GeminioConnection source, in PendingReply pending, FrameType type, ReadOnlySpan<byte> body)
        {
        }

        public void OnReplyLost(GeminioConnection source, in PendingReply pending, ReplyLoss loss)
        {
        }
    }
}
