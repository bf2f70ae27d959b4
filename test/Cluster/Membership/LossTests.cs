using System.Diagnostics;
using Frontier.Cluster.Tests.Support;

namespace Frontier.Cluster.Tests.Membership;

/// <summary>Processes that are killed or stand still.</summary>
[TestFixture]
internal sealed class LossTests : ClusterFixture
{
    // What is promised for a killed gateway's edges, from the kill on.
    private static readonly TimeSpan Reachable = TimeSpan.FromSeconds(5);

    // What is promised for lists.
    private static readonly TimeSpan Listed = TimeSpan.FromSeconds(30);

    [Test]
    public async Task Edges_of_a_killed_gateway_are_reachable_elsewhere_under_their_ids()
    {
        const int Edges = 40;
        var gateways = await Cluster.StartAsync(3);
        var grains = await Cluster.GrainsAsync();
        var ids = new List<ulong>();
        for (var i = 0; i < Edges; i++)
        {
            ids.Add((await gateways[0].ConnectEchoEdgeAsync()).EdgeId);
        }

        await Cluster.GatewaysAreAsync(Eventually.Deadline, [.. gateways]);
        var killed = Stopwatch.StartNew();
        await gateways[0].KillAsync();
        await Task.WhenAll(ids.Select(async (id, i) =>
        {
            var edge = await Eventually.SucceedsAsync(
                async () => await ReconnectAsync(gateways[1 + (i % 2)], id), "the edge logs in elsewhere", Reachable - killed.Elapsed);
            await Eventually.SucceedsAsync(
                async () =>
                {
                    await grains.EchoAsync(edge.EdgeId);
                    return true;
                },
                "the edge is reachable",
                Reachable - killed.Elapsed);
        }));
        TestContext.Out.WriteLine($"All {Edges} edges were reachable {killed.ElapsedMilliseconds} ms after the kill.");

        await Cluster.GatewaysAreAsync(Listed - killed.Elapsed, gateways[1], gateways[2]);
        TestContext.Out.WriteLine($"The gateway had left the catalog {killed.ElapsedMilliseconds} ms after the kill.");
    }

    [Test]
    public async Task A_gateway_that_is_gone_takes_its_services_out_of_the_catalog()
    {
        var gateways = await Cluster.StartAsync(2);
        await using var lost = await gateways[0].ConnectServiceAsync("billing");
        await using var left = await gateways[1].ConnectServiceAsync("billing");
        await Eventually.HoldsAsync(async () => (await Cluster.CatalogAsync()).Services.Count == 2, "both services are listed");

        await gateways[0].KillAsync();

        await Eventually.HoldsAsync(
            async () => (await Cluster.CatalogAsync()).Services.Select(service => service.ServiceId).SequenceEqual([left.ServiceId]), "one is left", Listed);
    }

    [Test]
    public async Task Without_a_silo_local_traffic_goes_on_and_with_a_new_one_topics_and_catalog_are_back()
    {
        var gateways = await Cluster.StartAsync(2);
        var silo = Cluster.Processes.Single(process => process.EdgePort == 0);
        await using var service = await gateways[0].ConnectServiceAsync("billing", ["invoices"]);
        await service.RegisterAsync("echo", (request, _) => ValueTask.FromResult<CallResponse>(request.Payload));
        await using var edge = await gateways[0].ConnectEdgeAsync();
        await SubscribedAsync("invoices", service.ServiceId);

        await silo.KillAsync();

        Assert.That((await edge.CallAsync("echo", new byte[] { 1 })).Payload.ToArray(), Is.EqualTo(new byte[] { 1 }));
        await using var late = await gateways[0].ConnectEdgeAsync();
        Assert.That((await late.CallAsync("echo", new byte[] { 2 })).Payload.ToArray(), Is.EqualTo(new byte[] { 2 }), "edges still get in");
        await using var lateService = await gateways[1].ConnectServiceAsync("billing", ["invoices"]);

        await Cluster.StartSiloAsync();

        await Cluster.GatewaysAreAsync(Eventually.Deadline, [.. gateways]);
        await SubscribedAsync("invoices", service.ServiceId, lateService.ServiceId);
        await Eventually.HoldsAsync(async () => (await Cluster.CatalogAsync()).Services.Count == 2, "both services are listed");
        Assert.That((await edge.CallAsync("echo", new byte[] { 3 })).Payload.ToArray(), Is.EqualTo(new byte[] { 3 }));
    }

    [Test]
    public async Task An_edge_has_one_session_after_its_gateway_stood_still_and_went_on()
    {
        var gateways = await Cluster.StartAsync(3);
        var grains = await Cluster.GrainsAsync();
        await using var stuck = await gateways[0].ConnectEchoEdgeAsync();
        await using var bystander = await gateways[1].ConnectEchoEdgeAsync();

        var paused = Stopwatch.StartNew();
        gateways[0].Pause();
        await using var moved = await Eventually.SucceedsAsync(() => ReconnectAsync(gateways[2], stuck.EdgeId), "the edge logs in elsewhere", Eventually.Deadline);
        await Eventually.SucceedsAsync(
            async () =>
            {
                await grains.EchoAsync(bystander.EdgeId);
                await grains.EchoAsync(moved.EdgeId);
                return true;
            },
            "both edges are reachable");
        TestContext.Out.WriteLine($"The edge was reachable {paused.ElapsedMilliseconds} ms after its gateway stood still.");
        gateways[0].Resume();

        Assert.That(await gateways[0].WaitForExitAsync(), Is.EqualTo(70), "a process that was given up leaves");
        Assert.That(gateways[0].Log, Has.Some.Contains("leaves the cluster at once"));
        await stuck.Completion.InTime();
        Assert.That(moved.IsConnected, Is.True);
        Assert.That((await grains.GetEdge(moved.EdgeId).DescribeAsync())?.GatewayId, Is.EqualTo(gateways[2].Name));
        await Cluster.GatewaysAreAsync(Listed, gateways[1], gateways[2]);
    }

    [Test]
    public async Task A_gateway_that_wakes_executes_nothing_for_an_edge_that_has_moved()
    {
        var gateways = await Cluster.StartAsync(3);
        var executed = 0;
        await using var stuck = await gateways[0].ConnectEdgeAsync();
        await stuck.RegisterAsync("count", (_, _) =>
        {
            Interlocked.Increment(ref executed);
            return ValueTask.FromResult<CallResponse>(default);
        });
        await using var beside = await gateways[0].ConnectServiceAsync("beside");
        await using var elsewhere = await gateways[1].ConnectServiceAsync("elsewhere");
        await beside.CallAsync(stuck.EdgeId, "count", default).AsTask().InTime();
        await elsewhere.CallAsync(stuck.EdgeId, "count", default).AsTask().InTime();

        gateways[0].Pause();
        var options = new CallOptions { Timeout = TimeSpan.FromMinutes(2) };
        var calls = Enumerable.Range(0, 20)
            .SelectMany(_ => new[] { beside, elsewhere })
            .Select(service => service.CallAsync(stuck.EdgeId, "count", default, options).AsTask())
            .ToArray();
        await using var moved = await Eventually.SucceedsAsync(() => ReconnectAsync(gateways[2], stuck.EdgeId), "the edge logs in elsewhere", Eventually.Deadline);
        gateways[0].Resume();

        Assert.That(await gateways[0].WaitForExitAsync(), Is.EqualTo(70), "a process that was given up leaves");
        await stuck.Completion.InTime();
        await Task.WhenAll(calls.Select(call => call.ContinueWith(_ => { }, TaskScheduler.Default))).InTime();
        Assert.That(Volatile.Read(ref executed), Is.EqualTo(2), "calls executed for the session that is not the live one");
    }

    [Test]
    public async Task A_short_standstill_costs_nobody_anything()
    {
        var gateways = await Cluster.StartAsync(2);
        var grains = await Cluster.GrainsAsync();
        await using var edge = await gateways[0].ConnectEchoEdgeAsync();

        gateways[0].Pause();
        var pending = grains.EchoAsync(edge.EdgeId);
        Assert.That(await Task.WhenAny(pending, Task.Delay(TimeSpan.FromSeconds(1.5))), Is.Not.SameAs(pending), "it stands still");
        gateways[0].Resume();

        await pending.InTime();
        Assert.That(edge.IsConnected, Is.True);
        Assert.That(gateways[0].IsRunning, Is.True);
        await Cluster.GatewaysAreAsync(Listed, [.. gateways]);
    }

    [Test]
    public async Task A_gateway_that_was_killed_comes_back_under_its_id_and_ports()
    {
        var gateways = await Cluster.StartAsync(2);
        await gateways[0].KillAsync();
        await Cluster.GatewaysAreAsync(Listed, gateways[1]);

        gateways[0].Start();
        await gateways[0].WaitUntilReadyAsync();

        await Cluster.GatewaysAreAsync(Listed, [.. gateways]);
        Assert.That((await Cluster.CatalogAsync()).Gateways.Select(gateway => gateway.GatewayId), Is.EquivalentTo(gateways.Select(gateway => gateway.Name)));
    }

    // The id is only a wish, which is granted when the cluster knows that nobody holds it any more.
    private static async Task<FrontierEdge> ReconnectAsync(ClusterProcess gateway, ulong id)
    {
        var edge = await gateway.ConnectEchoEdgeAsync(id);
        if (edge.EdgeId == id)
        {
            return edge;
        }

        await edge.DisposeAsync();
        throw new AssertionException("the edge got another id");
    }

    private Task SubscribedAsync(string topic, params ulong[] services) => Eventually.HoldsAsync(
        async () => (await (await Cluster.GrainsAsync()).GetTopic(topic).DescribeAsync()).Select(subscription => subscription.ServiceId).SequenceEqual(services.Order()),
        $"topic {topic} has its subscribers");
}
