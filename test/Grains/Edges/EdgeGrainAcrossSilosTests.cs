using Frontier.Grains.Tests.Support;
using static Frontier.Grains.Tests.FrontierCluster;

namespace Frontier.Grains.Tests.Edges;

/// <summary>One edge's identity between two gateways and a process that has none.</summary>
[TestFixture]
internal sealed class EdgeGrainAcrossSilosTests
{
    [Test]
    public async Task Edge_is_reached_from_any_process()
    {
        var edgeId = NextId();
        var link = await GatewayA.LogInEdgeAsync(edgeId);

        foreach (var grains in new[] { GatewayB.Grains, Elsewhere, Cluster.Client })
        {
            var result = await grains.GetEdge(edgeId).CallAsync(new CallRequest("echo", new byte[] { 5 }));
            Assert.That(result.Payload.ToArray(), Is.EqualTo(new byte[] { 5 }));
        }

        Assert.That(link!.Calls, Has.Count.EqualTo(3));
        var description = await Elsewhere.GetEdge(edgeId).DescribeAsync();
        Assert.That(description?.EdgeId, Is.EqualTo(edgeId));
        Assert.That(description?.GatewayId, Is.EqualTo("gateway-a"));
        Assert.That(description?.Meta.ToArray(), Is.EqualTo(new byte[] { 7 }));
        Assert.That(description?.Methods, Is.EqualTo(new[] { "reboot" }));
    }

    [TestCase(FrontierErrorCode.Unknown, "disk full")]
    [TestCase(FrontierErrorCode.MethodNotFound, "no such rpc: reboot")]
    [TestCase(FrontierErrorCode.Timeout, "context deadline exceeded")]
    public async Task Errors_keep_their_code_and_text_between_processes(FrontierErrorCode code, string text)
    {
        var edgeId = NextId();
        var link = await GatewayA.LogInEdgeAsync(edgeId);
        link!.OnCall = (_, _) => Task.FromException<CallResult>(FrontierException.FromText(text));

        var remote = await Assert.ThrowsAsync<FrontierException>(() => GatewayB.Grains.GetEdge(edgeId).CallAsync(new CallRequest("reboot", default)));
        var client = await Assert.ThrowsAsync<FrontierException>(() => Cluster.Client.GetEdge(edgeId).CallAsync(new CallRequest("reboot", default)));

        Assert.That((remote!.Code, remote.Message), Is.EqualTo((code, text)));
        Assert.That((client!.Code, client.Message), Is.EqualTo((code, text)));
    }

    [Test]
    public async Task Grain_moves_to_the_gateway_that_took_the_edge_over()
    {
        var edgeId = NextId();
        var edge = Elsewhere.GetEdge(edgeId);
        var older = await GatewayA.LogInEdgeAsync(edgeId);
        Assert.That(SiloOf(edge), Is.EqualTo(GatewayA.Silo));
        older!.OnCall = (_, _) => new TaskCompletionSource<CallResult>().Task;
        var call = edge.CallAsync(new CallRequest("never", default));
        await Eventually.HoldsAsync(() => older.Calls.Count == 1, "the call reaches the older session");

        var newer = await GatewayB.LogInEdgeAsync(edgeId).InTime();

        Assert.That(newer!.Epoch, Is.GreaterThan(older.Epoch));
        Assert.That(older.Closes, Is.EqualTo(new[] { SessionCloseReason.Superseded }));
        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => call.InTime()))!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
        await edge.CallAsync(new CallRequest("echo", default)).InTime();
        Assert.That(newer.Calls, Has.Count.EqualTo(1));
        Assert.That(SiloOf(edge), Is.EqualTo(GatewayB.Silo));

        await GatewayA.LogOutEdgeAsync(older);
        Assert.That((await edge.DescribeAsync())?.Epoch, Is.EqualTo(newer.Epoch), "the late release found the grain in its new place and was ignored");
        Assert.That((await GatewayA.LogInEdgeAsync(edgeId))!.Epoch, Is.GreaterThan(newer.Epoch), "and back again");
        Assert.That(newer.Closes, Is.EqualTo(new[] { SessionCloseReason.Superseded }));
    }

    [Test]
    public async Task Edge_that_was_called_in_vain_is_reached_as_soon_as_it_connects()
    {
        var edgeId = NextId();
        var edge = Elsewhere.GetEdge(edgeId);
        await Assert.ThrowsAsync<FrontierException>(() => edge.CallAsync(new CallRequest("echo", default)));
        Assert.That(SiloOf(edge), Is.EqualTo(ElsewhereSilo), "the call activated the grain where no gateway is");

        var link = await GatewayA.LogInEdgeAsync(edgeId);

        await edge.CallAsync(new CallRequest("echo", default)).InTime();
        Assert.That(link!.Calls, Has.Count.EqualTo(1));
        Assert.That(SiloOf(edge), Is.EqualTo(GatewayA.Silo));
    }

    [Test]
    public async Task Session_whose_claim_was_forgotten_during_its_login_still_takes_over()
    {
        var edgeId = NextId();
        var edge = Elsewhere.GetEdge(edgeId);
        var older = await GatewayA.LogInEdgeAsync(edgeId);
        var (claim, newer) = await GatewayB.ConnectEdgeAsync(edgeId);
        await Cluster.DeactivateAsync(edge).InTime();

        Assert.That(await GatewayB.Grains.GetEdge(edgeId).HoldUntilSettledAsync(GatewayB.EdgeRegistration, claim.Epoch), Is.True);

        Assert.That(older!.Closes, Is.EqualTo(new[] { SessionCloseReason.Superseded }));
        Assert.That(newer.Closes, Is.Empty);
        // The older session asserts itself, too, when it sees its grain go: whichever comes first, the newer one wins in the end.
        await Eventually.HoldsAsync(() => Equals(SiloOf(edge), GatewayB.Silo), "the grain lives where the socket is");
        Assert.That(await GatewayA.Grains.GetEdge(edgeId).HoldUntilSettledAsync(GatewayA.EdgeRegistration, older.Epoch), Is.False);
    }

    [Test]
    public async Task One_session_is_left_of_many_that_race_for_an_id()
    {
        for (var round = 0; round < 25; round++)
        {
            var edgeId = NextId();

            var results = await Task.WhenAll(Enumerable.Range(0, 16).Select(async i =>
            {
                await Task.Yield();
                return await (i % 2 == 0 ? GatewayA : GatewayB).LogInEdgeAsync(edgeId);
            })).InTime();

            var loggedIn = results.OfType<FakeLink>().ToArray();
            var open = loggedIn.Where(link => link.Closes.IsEmpty).ToArray();
            Assert.That(open, Has.Length.EqualTo(1));
            Assert.That(open[0].Epoch, Is.EqualTo(loggedIn.Max(link => link.Epoch)), "the newest wins");
            Assert.That(loggedIn.Except(open).Select(link => link.Closes.Count), Is.All.EqualTo(1), "each other one is closed exactly once");
            Assert.That((await Elsewhere.GetEdge(edgeId).DescribeAsync())?.Epoch, Is.EqualTo(open[0].Epoch));
        }
    }
}
