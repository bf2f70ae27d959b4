using Frontier.Grains.Sessions;
using Frontier.Grains.Tests.Support;
using static Frontier.Grains.Tests.FrontierCluster;

namespace Frontier.Grains.Tests.Edges;

/// <summary>One edge's identity where one gateway is involved.</summary>
[TestFixture]
internal sealed class EdgeGrainTests
{
    [Test]
    public async Task First_session_holds_the_id_at_once()
    {
        var edgeId = NextId();

        var (claim, link) = await GatewayA.ConnectEdgeAsync(edgeId);

        Assert.That(claim.Granted, Is.True);
        Assert.That(claim.NeedsConfirm, Is.False);
        Assert.That((await GatewayA.Grains.GetEdge(edgeId).DescribeAsync())?.Epoch, Is.EqualTo(claim.Epoch));
        Assert.That(await GatewayA.Grains.GetEdge(edgeId).ConfirmAsync(claim.Epoch), Is.True, "confirming what is held already is harmless");
        Assert.That(link.Closes, Is.Empty);
    }

    [Test]
    public async Task Epochs_grow_over_the_grains_lives()
    {
        var edge = GatewayA.Grains.GetEdge(NextId());
        long last = 0;
        for (var life = 0; life < 3; life++)
        {
            var link = await GatewayA.LogInEdgeAsync(unchecked((ulong)edge.GetPrimaryKeyLong()));
            Assert.That(link!.Epoch, Is.GreaterThan(last));
            last = link.Epoch;
            var deactivated = Cluster.WaitForDeactivationAsync(edge);
            await GatewayA.LogOutEdgeAsync(link);
            await deactivated.InTime();
        }
    }

    [Test]
    public async Task Newer_session_takes_over_only_when_its_login_succeeded_and_the_older_is_closed_once()
    {
        var edgeId = NextId();
        var edge = GatewayA.Grains.GetEdge(edgeId);
        var older = await GatewayA.LogInEdgeAsync(edgeId);

        var (claim, newer) = await GatewayA.ConnectEdgeAsync(edgeId);

        Assert.That(claim.NeedsConfirm, Is.True);
        Assert.That(older!.Closes, Is.Empty, "the older session stays until the newer one's login succeeded");
        Assert.That((await edge.DescribeAsync())?.Epoch, Is.EqualTo(older.Epoch));

        Assert.That(await edge.ConfirmAsync(claim.Epoch), Is.True);
        Assert.That(await edge.ConfirmAsync(claim.Epoch), Is.True);

        Assert.That(older.Closes, Is.EqualTo(new[] { SessionCloseReason.Superseded }));
        Assert.That(newer.Closes, Is.Empty);
        Assert.That((await edge.DescribeAsync())?.Epoch, Is.EqualTo(claim.Epoch));
    }

    [Test]
    public async Task Failed_login_leaves_the_session_that_holds_the_id_alone()
    {
        var edgeId = NextId();
        var older = await GatewayA.LogInEdgeAsync(edgeId);
        var (claim, newer) = await GatewayA.ConnectEdgeAsync(edgeId);

        await GatewayA.LogOutEdgeAsync(newer);

        Assert.That(await GatewayA.Grains.GetEdge(edgeId).ConfirmAsync(claim.Epoch), Is.False, "a released claim cannot be confirmed");
        Assert.That(older!.Closes, Is.Empty);
        Assert.That((await GatewayA.Grains.GetEdge(edgeId).DescribeAsync())?.Epoch, Is.EqualTo(older.Epoch));
    }

    [Test]
    public async Task Late_release_of_an_older_session_is_ignored()
    {
        var edgeId = NextId();
        var older = await GatewayA.LogInEdgeAsync(edgeId);
        var newer = await GatewayA.LogInEdgeAsync(edgeId);

        await GatewayA.LogOutEdgeAsync(older!);

        Assert.That((await GatewayA.Grains.GetEdge(edgeId).DescribeAsync())?.Epoch, Is.EqualTo(newer!.Epoch));
    }

    [Test]
    public async Task Claim_that_must_not_replace_is_refused_while_the_id_is_held()
    {
        var edgeId = NextId();
        var edge = GatewayA.Grains.GetEdge(edgeId);
        var link = await GatewayA.LogInEdgeAsync(edgeId);

        var refused = await edge.ClaimAsync(GatewayA.EdgeRegistration, onlyIfOffline: true);
        await GatewayA.LogOutEdgeAsync(link!);
        var granted = await edge.ClaimAsync(GatewayA.EdgeRegistration, onlyIfOffline: true);

        Assert.That(refused, Is.EqualTo(new SessionClaim(Granted: false, Epoch: 0, NeedsConfirm: false)));
        Assert.That(granted.Granted, Is.True);
        Assert.That(granted.NeedsConfirm, Is.False);
        await edge.ReleaseAsync(granted.Epoch);
    }

    [Test]
    public async Task Session_whose_release_was_lost_does_not_hold_the_id_for_ever()
    {
        var edgeId = NextId();
        var link = await GatewayA.LogInEdgeAsync(edgeId);
        GatewayA.Forget(link!);
        Clock.Skip(SessionLease.ListingGrace);

        var claim = await GatewayA.Grains.GetEdge(edgeId).ClaimAsync(GatewayA.EdgeRegistration, onlyIfOffline: true);

        Assert.That(claim.Granted, Is.True);
        Assert.That(claim.NeedsConfirm, Is.False);
        Assert.That(claim.Epoch, Is.GreaterThan(link!.Epoch));
        await GatewayA.Grains.GetEdge(edgeId).ReleaseAsync(claim.Epoch);
    }

    [Test]
    public async Task Offline_edge_costs_no_activation()
    {
        var edgeId = NextId();
        var edge = GatewayA.Grains.GetEdge(edgeId);
        var link = await GatewayA.LogInEdgeAsync(edgeId);
        Assert.That(IsActive(edge), Is.True);

        await GatewayA.LogOutEdgeAsync(link!);
        await Eventually.HoldsAsync(() => !IsActive(edge), "the grain is gone after the release");

        Assert.That(await edge.KickAsync(), Is.False);
        await Eventually.HoldsAsync(() => !IsActive(edge), "the grain is gone after being asked in vain");
    }

    [Test]
    public async Task Call_reaches_the_session_and_its_answer_comes_back()
    {
        var edgeId = NextId();
        var link = await GatewayA.LogInEdgeAsync(edgeId);
        var request = new CallRequest("echo", new byte[] { 1, 2, 3 }, new byte[] { 4 }, TimeSpan.FromSeconds(5));

        var result = await GatewayA.Grains.GetEdge(edgeId).CallAsync(request);

        Assert.That(result.Payload.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(result.Custom.ToArray(), Is.EqualTo(new byte[] { 4 }));
        Assert.That(link!.Calls.Single().Method, Is.EqualTo("echo"));
        Assert.That(link.Calls.Single().Timeout, Is.EqualTo(TimeSpan.FromSeconds(5)));
    }

    [Test]
    public async Task Message_is_acknowledged_only_after_the_session_acknowledged_it()
    {
        var edgeId = NextId();
        var link = await GatewayA.LogInEdgeAsync(edgeId);
        var acknowledged = new TaskCompletionSource();
        link!.OnMessage = (_, _) => acknowledged.Task;

        var published = GatewayA.Grains.GetEdge(edgeId).PublishAsync(new MessageRequest(null, new byte[] { 9 }));
        await Eventually.HoldsAsync(() => link.Messages.Count == 1, "the message reaches the session");
        Assert.That(published.IsCompleted, Is.False);
        acknowledged.SetResult();

        await published.InTime();
    }

    [Test]
    public async Task Everything_fails_with_its_own_error_for_an_edge_that_is_offline()
    {
        var edge = GatewayA.Grains.GetEdge(NextId());

        var call = await Assert.ThrowsAsync<FrontierException>(() => edge.CallAsync(new CallRequest("echo", default)));
        var message = await Assert.ThrowsAsync<FrontierException>(() => edge.PublishAsync(new MessageRequest(null, default)));

        Assert.That(call!.Code, Is.EqualTo(FrontierErrorCode.EdgeNotOnline));
        Assert.That(call.Message, Is.EqualTo("edge not online"));
        Assert.That(message!.Code, Is.EqualTo(FrontierErrorCode.EdgeNotOnline));
    }

    [Test]
    public async Task Crowd_calling_an_offline_edge_gets_one_clear_error_each()
    {
        var edgeId = NextId();
        var edge = GatewayA.Grains.GetEdge(edgeId);

        var answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(async _ =>
        {
            try
            {
                await edge.CallAsync(new CallRequest("echo", default));
                return null;
            }
            catch (Exception exception)
            {
                return exception;
            }
        })).InTime();

        Assert.That(answers, Is.All.InstanceOf<FrontierException>().And.Property("Code").EqualTo(FrontierErrorCode.EdgeNotOnline));
    }

    [Test]
    public async Task Kick_closes_the_session()
    {
        var edgeId = NextId();
        var link = await GatewayA.LogInEdgeAsync(edgeId);

        Assert.That(await GatewayA.Grains.GetEdge(edgeId).KickAsync(), Is.True);

        Assert.That(link!.Closes, Is.EqualTo(new[] { SessionCloseReason.Kicked }));
    }

    [Test]
    public async Task Call_that_takes_long_holds_up_no_claim_kick_or_description()
    {
        var edgeId = NextId();
        var edge = GatewayA.Grains.GetEdge(edgeId);
        var link = await GatewayA.LogInEdgeAsync(edgeId);
        var answer = new TaskCompletionSource<CallResult>();
        link!.OnCall = (_, _) => answer.Task;
        var call = edge.CallAsync(new CallRequest("slow", default));
        await Eventually.HoldsAsync(() => link.Calls.Count == 1, "the call reaches the session");

        Assert.That(await edge.DescribeAsync().InTime(), Is.Not.Null);
        Assert.That(await edge.KickAsync().InTime(), Is.True);
        Assert.That((await edge.ClaimAsync(GatewayA.EdgeRegistration, onlyIfOffline: false).AsTask().InTime()).Granted, Is.True);

        Assert.That(call.IsCompleted, Is.False);
        answer.SetResult(new CallResult(new byte[] { 1 }, default));
        Assert.That((await call.InTime()).Payload.Length, Is.EqualTo(1));
    }

    [Test]
    public async Task Calls_in_flight_fail_when_their_session_loses_the_id_and_hold_up_nothing()
    {
        var edgeId = NextId();
        var edge = GatewayA.Grains.GetEdge(edgeId);
        var link = await GatewayA.LogInEdgeAsync(edgeId);
        link!.OnCall = (_, _) => new TaskCompletionSource<CallResult>().Task;
        var call = edge.CallAsync(new CallRequest("never", default));
        await Eventually.HoldsAsync(() => link.Calls.Count == 1, "the call reaches the session");

        await GatewayA.LogOutEdgeAsync(link);
        var next = await GatewayA.LogInEdgeAsync(edgeId).InTime();

        Assert.That(next, Is.Not.Null);
        var error = await Assert.ThrowsAsync<FrontierException>(() => call.InTime());
        Assert.That(error!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
    }

    [Test]
    public async Task Cancellation_of_the_caller_reaches_the_session()
    {
        var edgeId = NextId();
        var link = await GatewayA.LogInEdgeAsync(edgeId);
        var canceled = new TaskCompletionSource();
        link!.OnCall = async (_, token) =>
        {
            await using var registration = token.Register(canceled.SetResult);
            await Task.Delay(Timeout.Infinite, token);
            return default;
        };
        using var caller = new CancellationTokenSource();
        var call = GatewayA.Grains.GetEdge(edgeId).CallAsync(new CallRequest("slow", default), caller.Token);
        await Eventually.HoldsAsync(() => link.Calls.Count == 1, "the call reaches the session");

        await caller.CancelAsync();

        await canceled.Task.InTime();
        Assert.That(async () => await call.InTime(), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Session_is_found_again_when_its_grain_was_lost()
    {
        var edgeId = NextId();
        var edge = GatewayA.Grains.GetEdge(edgeId);
        var older = await GatewayA.LogInEdgeAsync(edgeId);

        await Cluster.DeactivateAsync(edge).InTime();

        await Eventually.HoldsAsync(() => SiloOf(edge)?.Equals(GatewayA.Silo) == true, "the grain is back where the socket is");
        Assert.That((await Elsewhere.GetEdge(edgeId).DescribeAsync())?.Epoch, Is.EqualTo(older!.Epoch));
        Assert.That(await GatewayB.LogInEdgeAsync(edgeId), Is.Not.Null);
        Assert.That(older.Closes, Is.EqualTo(new[] { SessionCloseReason.Superseded }));
    }
}
