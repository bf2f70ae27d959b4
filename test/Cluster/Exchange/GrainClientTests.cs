using Frontier.Client.Grains;
using Frontier.Cluster.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Frontier.Cluster.Tests.Exchange;

/// <summary>The grain client of a program that knows nothing of the cluster but its Redis server.</summary>
[TestFixture]
internal sealed class GrainClientTests : ClusterFixture
{
    private IHost? _host;

    [TearDown]
    public async Task StopHostAsync()
    {
        if (_host is not null)
        {
            await _host.StopAsync();
            _host.Dispose();
        }
    }

    [Test]
    public async Task It_finds_the_cluster_by_Redis_calls_and_publishes_and_goes_on_when_a_gateway_is_killed()
    {
        var gateways = await Cluster.StartAsync(2);
        var frontier = await StartClientAsync();
        await using var lost = await gateways[0].ConnectEchoEdgeAsync();
        await using var kept = await gateways[1].ConnectEchoEdgeAsync();
        await using var service = await gateways[1].ConnectServiceAsync(topics: ["readings"]);
        await EchoAsync(frontier, lost.EdgeId);
        await EchoAsync(frontier, kept.EdgeId);
        await PublishAsync(frontier, kept, service);

        await gateways[0].KillAsync();

        // A call that is under way to the killed process fails; all that counts is that the client finds the others again.
        await Eventually.SucceedsAsync(() => EchoAsync(frontier, kept.EdgeId), "an edge of the other gateway is called");
        await PublishAsync(frontier, kept, service);
        await using var back = await gateways[1].ConnectEchoEdgeAsync();
        await Eventually.SucceedsAsync(() => EchoAsync(frontier, back.EdgeId), "an edge that came later is called");
        await Eventually.HoldsAsync(async () => await CodeOfCallAsync(frontier, lost.EdgeId) == FrontierErrorCode.EdgeNotOnline, "the edge of the killed gateway is known to be gone");
    }

    private async Task<IFrontier> StartClientAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddFrontierClient(options => options.Redis = Cluster.Redis.ConnectionString);
        _host = builder.Build();
        await _host.StartAsync().InTime();
        return _host.Services.GetRequiredService<IFrontier>();
    }

    private static async Task<bool> EchoAsync(IFrontier frontier, ulong edgeId)
    {
        byte[] payload = [1, 2, 3];
        var answer = await frontier.Edge(edgeId).CallAsync("echo", payload, new CallOptions { Timeout = TimeSpan.FromSeconds(5) }).InTime();
        Assert.That(answer.Payload.ToArray(), Is.EqualTo(payload));
        return true;
    }

    private static async Task<FrontierErrorCode?> CodeOfCallAsync(IFrontier frontier, ulong edgeId)
    {
        try
        {
            await EchoAsync(frontier, edgeId);
            return null;
        }
        catch (FrontierException e)
        {
            return e.Code;
        }
    }

    // To an edge, and to those who take a topic.
    private static async Task PublishAsync(IFrontier frontier, FrontierEdge edge, FrontierService service)
    {
        await DeliveredAsync(edge, frontier.Edge(edge.EdgeId).PublishAsync("news", "hello"u8.ToArray()));
        await Eventually.HoldsAsync(async () => await frontier.Topic("readings").CountSubscribersAsync() == 1, "the topic knows the service");
        await DeliveredAsync(service, frontier.Topic("readings").PublishAsync(edge.EdgeId, "hello"u8.ToArray()));
    }

    private static async Task DeliveredAsync(FrontierClient receiver, Task published)
    {
        await using var messages = receiver.ReceiveAsync().GetAsyncEnumerator();
        Assert.That(await messages.MoveNextAsync().AsTask().InTime(), Is.True);
        Assert.That(messages.Current.Payload.ToArray(), Is.EqualTo("hello"u8.ToArray()));
        await messages.Current.AckAsync();
        await published.InTime();
    }
}
