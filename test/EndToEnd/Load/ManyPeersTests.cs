using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;
using Frontier.GrainInterfaces;

namespace Frontier.EndToEnd.Tests.Load;

/// <summary>Much at once.</summary>
public sealed class ManyPeersTests
{
    private static TestGateway Gateway => SharedGateway.Gateway;

    [Test]
    public async Task Two_hundred_calls_are_in_flight_on_one_edge_at_once()
    {
        const int Calls = 200;
        await using var service = await Gateway.ConnectServiceAsync();
        await using var edge = await Gateway.ConnectEdgeAsync();
        var arrived = 0;
        var all = new TaskCompletionSource();
        await edge.RegisterAsync("together", async (request, _) =>
        {
            // Nobody is answered before everybody is here.
            if (Interlocked.Increment(ref arrived) == Calls)
            {
                all.SetResult();
            }

            await all.Task;
            return request.Payload;
        });
        var answers = await Task.WhenAll(Enumerable.Range(0, Calls).Select(async i =>
            BitConverter.ToInt32((await service.CallAsync(edge.EdgeId, "together", BitConverter.GetBytes(i))).Payload.Span))).InTime();
        Assert.That(answers, Is.EqualTo(Enumerable.Range(0, Calls)));
    }

    [Test]
    public async Task Two_hundred_calls_of_one_edge_are_in_flight_at_once()
    {
        const int Calls = 200;
        await using var service = await Gateway.ConnectServiceAsync();
        await using var edge = await Gateway.ConnectEdgeAsync();
        var arrived = 0;
        var all = new TaskCompletionSource();
        await service.RegisterAsync("together-up", async (request, _) =>
        {
            if (Interlocked.Increment(ref arrived) == Calls)
            {
                all.SetResult();
            }

            await all.Task;
            return request.Payload;
        });
        var answers = await Task.WhenAll(Enumerable.Range(0, Calls).Select(async i =>
            BitConverter.ToInt32((await edge.CallAsync("together-up", BitConverter.GetBytes(i))).Payload.Span))).InTime();
        Assert.That(answers, Is.EqualTo(Enumerable.Range(0, Calls)));
    }

    [Test]
    public async Task A_thousand_edges_call_are_called_and_are_all_told_apart()
    {
        const int Edges = 1000;
        await using var service = await Gateway.ConnectServiceAsync();
        await service.RegisterAsync("who-am-i", (request, _) => ValueTask.FromResult<CallResponse>(BitConverter.GetBytes(request.EdgeId)));
        var edges = new FrontierEdge[Edges];
        await Parallel.ForAsync(0, Edges, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) => edges[i] = await Gateway.ConnectEdgeAsync());
        Assert.That(edges.Select(edge => edge.EdgeId), Is.Unique);
        await Task.WhenAll(edges.Select(async edge =>
        {
            await edge.RegisterAsync("and-who-are-you", (_, _) => ValueTask.FromResult<CallResponse>(BitConverter.GetBytes(edge.EdgeId)));
            var up = await edge.CallAsync("who-am-i", default);
            var down = await service.CallAsync(edge.EdgeId, "and-who-are-you", default);
            Assert.That(BitConverter.ToUInt64(up.Payload.Span), Is.EqualTo(edge.EdgeId));
            Assert.That(BitConverter.ToUInt64(down.Payload.Span), Is.EqualTo(edge.EdgeId));
        })).InTime();

        var one = edges[Edges / 2];
        Assert.That((await Gateway.Grains.GetEdge(one.EdgeId).DescribeAsync())!.EdgeId, Is.EqualTo(one.EdgeId));
        Assert.That((await Gateway.MetricsAsync()).Value("frontier_connections", ("peer", "edge")), Is.EqualTo(Edges));
        await Task.WhenAll(edges.Select(edge => edge.CloseAsync())).InTime();
        await Eventually.HoldsAsync(async () => (await Gateway.MetricsAsync()).Value("frontier_connections", ("peer", "edge")) == 0, "all are gone");
        await Eventually.HoldsAsync(async () => await Gateway.Grains.GetEdge(one.EdgeId).DescribeAsync() is null, "and forgotten");
    }
}
