using System.Net;

namespace Frontier.Silo.Tests;

public sealed class GatewayNamingTests
{
    private static readonly SiloAddress Self = At(11111, 5);

    [Test]
    public void An_id_that_nobody_else_has_is_kept() =>
        Assert.That(Choose(Member(Self, "node-1"), Member(At(11112, 4), "node-2")), Is.EqualTo("node-1"));

    [Test]
    public void An_id_that_a_live_process_has_gets_a_suffix_of_its_own()
    {
        var taken = Member(At(11112, 4), "node-1");
        var mine = Choose(Member(Self, "node-1"), taken);
        var another = GatewayNaming.Choose("node-1", At(11113, 6), [taken]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mine, Does.Match("^node-1-[0-9a-f]{8}$"));
            Assert.That(another, Is.Not.EqualTo(mine));
        }
    }

    [Test]
    public void The_id_of_a_dead_process_is_free() =>
        Assert.That(Choose(Member(Self, "node-1"), Member(At(11111, 4), "node-1", SiloStatus.Dead)), Is.EqualTo("node-1"));

    private static string Choose(params ClusterMember[] members) => GatewayNaming.Choose("node-1", Self, members);

    private static ClusterMember Member(SiloAddress silo, string name, SiloStatus status = SiloStatus.Active) => new(silo, status, name);

    private static SiloAddress At(int port, int generation) => SiloAddress.New(IPAddress.Loopback, port, generation);
}
