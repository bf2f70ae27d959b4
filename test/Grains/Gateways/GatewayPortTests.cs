using Frontier.Grains.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using static Frontier.Grains.Tests.FrontierCluster;

namespace Frontier.Grains.Tests.Gateways;

/// <summary>What other processes ask of a gateway as a whole.</summary>
[TestFixture]
internal sealed class GatewayPortTests
{
    [Test]
    public async Task Session_is_closed_from_any_process_by_id_and_epoch()
    {
        var edgeId = NextId();
        var link = await GatewayA.LogInEdgeAsync(edgeId);
        var port = Cluster.GetSiloServiceProvider(ElsewhereSilo).GetRequiredService<IGatewayPorts>().Get(GatewayA.Silo);

        await port.CloseSessionAsync(SessionKind.Edge, edgeId, link!.Epoch - 1, SessionCloseReason.Superseded).InTime();
        await port.CloseSessionAsync(SessionKind.Service, edgeId, link.Epoch, SessionCloseReason.Superseded).InTime();
        Assert.That(link.Closes, Is.Empty, "another session is meant");

        await port.CloseSessionAsync(SessionKind.Edge, edgeId, link.Epoch, SessionCloseReason.Superseded).InTime();
        Assert.That(link.Closes, Is.EqualTo(new[] { SessionCloseReason.Superseded }));
    }

    [Test]
    public async Task Older_of_two_sessions_that_were_let_in_apart_learns_that_it_is_superseded()
    {
        var edgeId = NextId();
        var edge = Elsewhere.GetEdge(edgeId);
        // As after a cut in the network: both gateways let the edge in, each with a grain of its own.
        var (claim, older) = await GatewayA.ConnectEdgeAsync(edgeId);
        GatewayA.Forget(older);
        await Eventually.HoldsAsync(
            async () =>
            {
                // Once may not be enough: the grain may be on its way to the session's silo.
                await Cluster.DeactivateAsync(edge).InTime();
                return !IsActive(edge);
            },
            "the grain is gone");
        var newer = await GatewayB.LogInEdgeAsync(edgeId).InTime();

        Assert.That(newer!.Epoch, Is.GreaterThan(claim.Epoch));
        Assert.That(await GatewayA.Grains.GetEdge(edgeId).HoldUntilSettledAsync(GatewayA.EdgeRegistration, older.Epoch), Is.False);
        Assert.That(newer.Closes, Is.Empty);
    }

    [Test]
    public async Task Claim_says_whether_the_grain_has_to_come_to_the_session_first()
    {
        var (here, elsewhere) = (NextId(), NextId());
        await Assert.ThrowsAsync<FrontierException>(() => Elsewhere.GetEdge(elsewhere).CallAsync(new CallRequest("echo", default)));

        Assert.That((await GatewayA.Grains.GetEdge(here).ClaimAsync(GatewayA.EdgeRegistration, onlyIfOffline: false)).IsMoving, Is.False);
        Assert.That((await GatewayA.Grains.GetEdge(elsewhere).ClaimAsync(GatewayA.EdgeRegistration, onlyIfOffline: false)).IsMoving, Is.True);
    }
}
