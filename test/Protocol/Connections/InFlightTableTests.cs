using CsCheck;
using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Connections;

[TestFixture]
public sealed class InFlightTableTests
{
    private static readonly TestConnection[] Targets = [NewTarget(), NewTarget()];

    // Few ids, so that they come again; ids of a peer that counts, and ids of one that wants them to collide.
    private static readonly Gen<ulong> Ids = Gen.OneOf(
        Gen.ULong[0, 40], Gen.Int[0, 60].Select(i => Links.FirstId + (2 * (ulong)i)), Gen.Int[0, 60].Select(i => (ulong)i << 40), Gen.Int[0, 20].Select(i => ulong.MaxValue - (ulong)i));

    [Test]
    public void The_table_does_what_a_dictionary_does() =>
        Gen.Select(Gen.Int[0, 9], Ids, Gen.Int[0, 2]).Array[0, 500].Sample(
            steps =>
            {
                var table = default(InFlightTable);
                var model = new Dictionary<ulong, (GeminioConnection? Target, ulong TargetPacketId)>();
                foreach (var (action, id, number) in steps)
                {
                    var target = number == 2 ? null : Targets[number];
                    switch (action)
                    {
                        case < 5:
                            Assert.That(table.TryAdd(id, target), Is.EqualTo(model.TryAdd(id, (target, 0))));
                            break;
                        case < 8:
                            Assert.That(table.TryRemove(id), Is.EqualTo(model.Remove(id)));
                            break;
                        case 8:
                            table.NoteForwarded(id, Targets[0], id + 1);
                            if (model.TryGetValue(id, out var entry) && entry.Target == Targets[0])
                            {
                                model[id] = (Targets[0], id + 1);
                            }

                            break;
                        default:
                            Assert.That(table.TryGet(id, out var found, out var foundId), Is.EqualTo(model.TryGetValue(id, out entry)));
                            Assert.That((found, foundId), Is.EqualTo((entry.Target, entry.TargetPacketId)));
                            break;
                    }

                    Assert.That(table.Count, Is.EqualTo(model.Count));
                }

                foreach (var (id, entry) in model)
                {
                    Assert.That(table.TryGet(id, out var found, out _));
                    Assert.That(found, Is.SameAs(entry.Target));
                }

                var all = new List<(ulong PacketId, GeminioConnection Target)>();
                table.TakeAll(all);
                Assert.That(all.Select(entry => entry.PacketId), Is.EquivalentTo(model.Where(entry => entry.Value.Target is not null).Select(entry => entry.Key)));
                Assert.That(table.Count, Is.Zero);
            },
            iter: 500);

    [TestCase(1)]
    [TestCase(17)]
    [TestCase(33)]
    [TestCase(47)]
    public void Ids_chosen_to_collide_are_spread_like_any_others(int shift)
    {
        var table = default(InFlightTable);
        var added = 0;
        for (ulong i = 0; i < 65_536; i++)
        {
            added += table.TryAdd(i << shift, null) ? 1 : 0;
        }

        // The longest way to an id decides what a hostile peer can make each frame cost. Random ids come to a few dozen at this load.
        Assert.That(table.LongestProbe, Is.LessThan(2_000));
        var removed = 0;
        for (ulong i = 0; i < 65_536; i++)
        {
            removed += table.TryRemove(i << shift) ? 1 : 0;
        }

        Assert.That(removed, Is.EqualTo(added));
        Assert.That(table.Count, Is.Zero);
    }

    [Test]
    public void A_burst_leaves_no_memory_behind_once_the_table_is_trimmed()
    {
        var table = default(InFlightTable);
        for (ulong id = 0; id < 100_000; id++)
        {
            table.TryAdd(id, null);
        }

        for (ulong id = 0; id < 100_000; id++)
        {
            table.TryRemove(id);
        }

        Assert.That(table.Count, Is.Zero);
        Assert.That(table.Capacity, Is.GreaterThan(1024), "the next burst finds it");

        table.Trim();
        Assert.That(table.Capacity, Is.Zero);
    }

    private static TestConnection NewTarget() => new(MemoryTransport.CreatePair().Near, ConnectionRole.Acceptor, Links.Options);
}
