using Frontier.Cluster.Tests.Support;

namespace Frontier.Cluster.Tests.Membership;

/// <summary>Processes that become one cluster, and stay one session per id.</summary>
[TestFixture]
internal sealed class FormingTests : SharedClusterFixture
{
    [Test]
    public async Task Gateways_and_a_silo_form_one_cluster()
    {
        await Cluster.GatewaysAreAsync(Eventually.Deadline, [.. Gateways]);

        var catalog = await Cluster.CatalogAsync();
        Assert.That(catalog.Gateways.Select(gateway => gateway.GatewayId), Is.EquivalentTo(Gateways.Select(gateway => gateway.Name)));
        Assert.That(catalog.Gateways.Select(gateway => gateway.Silo!.Endpoint.Port), Is.EquivalentTo(Gateways.Select(gateway => gateway.SiloPort)));
    }

    [Test]
    public async Task An_edge_is_reached_through_its_grain_whichever_gateway_it_is_on()
    {
        var grains = await Cluster.GrainsAsync();
        foreach (var gateway in Gateways)
        {
            await using var edge = await gateway.ConnectEchoEdgeAsync();
            await grains.EchoAsync(edge.EdgeId);
            Assert.That((await grains.GetEdge(edge.EdgeId).DescribeAsync())?.GatewayId, Is.EqualTo(gateway.Name));
        }
    }

    [Test]
    public async Task An_edge_that_comes_back_on_another_gateway_supersedes_its_older_session()
    {
        const ulong Id = 4711;
        // Ids are given by a service, as for edges that identify themselves; every gateway knows it.
        await using var service = await Gateways[0].ConnectServiceAsync("identity");
        await service.OnGetEdgeIdAsync((_, _) => ValueTask.FromResult(Id));
        var grains = await Cluster.GrainsAsync();
        FrontierEdge? older = null;
        var epoch = 0L;
        for (var round = 0; round < 3; round++)
        {
            foreach (var gateway in Gateways)
            {
                var newer = await gateway.ConnectEchoEdgeAsync();
                Assert.That(newer.EdgeId, Is.EqualTo(Id));
                if (older is not null)
                {
                    await older.Completion.InTime();
                    await older.DisposeAsync();
                }

                await grains.EchoAsync(Id);
                var described = await grains.GetEdge(Id).DescribeAsync();
                Assert.That(described?.GatewayId, Is.EqualTo(gateway.Name));
                Assert.That(described?.Epoch, Is.GreaterThan(epoch));
                (older, epoch) = (newer, described!.Epoch);
            }
        }

        await older!.DisposeAsync();
    }

    [Test]
    public async Task A_service_that_comes_back_on_another_gateway_supersedes_its_older_session()
    {
        const ulong Id = 77;
        await using var older = await Gateways[0].ConnectServiceAsync("billing", id: Id);
        await using var newer = await Gateways[1].ConnectServiceAsync("billing", id: Id);

        await older.Completion.InTime();
        await Eventually.HoldsAsync(
            async () => (await Cluster.CatalogAsync()).Services.SingleOrDefault(service => service.ServiceId == Id)?.GatewayId == Gateways[1].Name,
            "the catalog has the newer session");
    }

    [Test]
    public async Task Gateways_of_one_name_get_ids_of_their_own()
    {
        var twin = await Cluster.StartGatewayAsync(("daemon:frontier_id", Gateways[0].Name));
        await Cluster.GatewaysAreAsync(Eventually.Deadline, [.. Gateways, twin]);

        var ids = (await Cluster.CatalogAsync()).Gateways.Select(gateway => gateway.GatewayId).ToArray();
        Assert.That(ids, Is.Unique);
        Assert.That(ids.Count(id => id.StartsWith($"{Gateways[0].Name}-", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That(await twin.TerminateAsync(), Is.Zero);
        await Cluster.GatewaysAreAsync(Eventually.Deadline, [.. Gateways]);
        Assert.That(Cluster.Processes.SelectMany(process => process.Log), Has.None.Contains("it was killed"), "it left in good order");
    }
}
