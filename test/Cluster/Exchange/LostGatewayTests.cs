using Frontier.Cluster.Tests.Support;

namespace Frontier.Cluster.Tests.Exchange;

/// <summary>What becomes of calls when a gateway is lost.</summary>
[TestFixture]
internal sealed class LostGatewayTests : ClusterFixture
{
    [Test]
    public async Task Calls_in_flight_to_a_killed_gateway_fail_with_a_clear_code_long_before_their_time_is_up()
    {
        var gateways = await Cluster.StartAsync(2);
        await using var service = await gateways[0].ConnectServiceAsync("caller");
        await using var edge = await gateways[1].ConnectEdgeAsync();
        await edge.RegisterAsync("never", async (_, cancellation) =>
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            return default;
        });
        var call = service.CallAsync(edge.EdgeId, "never", default, new CallOptions { Timeout = TimeSpan.FromMinutes(1) }).AsTask();
        await Task.WhenAny(call, Eventually.HoldsAsync(() => gateways[0].Log.Any(line => line.Contains("Trunk to the gateway", StringComparison.Ordinal)), "the call is on its way"));

        await gateways[1].KillAsync();

        var error = await Assert.ThrowsAsync<FrontierException>(async () => await call.InTime());
        Assert.That(error!.Code, Is.EqualTo(FrontierErrorCode.EdgeNotOnline));
    }

    [Test]
    public async Task A_killed_gateway_is_no_end_of_the_streams_through_it_at_either_end()
    {
        var gateways = await Cluster.StartAsync(2);
        await using var service = await gateways[0].ConnectServiceAsync("streaming");
        await using var edge = await gateways[1].ConnectEdgeAsync();
        await using var near = await service.OpenStreamAsync(edge.EdgeId).InTime();
        await using var accepting = edge.AcceptStreamsAsync().GetAsyncEnumerator();
        await accepting.MoveNextAsync().AsTask().InTime();
        await using var far = accepting.Current;
        await near.WriteAsync("part"u8.ToArray()).AsTask().InTime();
        await far.ReadExactlyAsync(new byte[4]).AsTask().InTime();

        await gateways[1].KillAsync();

        foreach (var stream in new[] { near, far })
        {
            var error = await Assert.ThrowsAsync<StreamAbortedException>(() => stream.ReadAsync(new byte[1]).AsTask().InTime());
            Assert.That(error!.Reason, Is.EqualTo(StreamAbortReason.ConnectionLost));
            error = await Assert.ThrowsAsync<StreamAbortedException>(() => stream.WriteAsync(new byte[1]).AsTask().InTime());
            Assert.That(error!.Reason, Is.EqualTo(StreamAbortReason.ConnectionLost));
        }
    }

    [Test]
    public async Task An_edge_that_moves_is_answered_by_its_new_gateway_only()
    {
        var gateways = await Cluster.StartAsync(3);
        await using var service = await gateways[0].ConnectServiceAsync("mover");
        var id = 0UL;
        await service.OnGetEdgeIdAsync((meta, _) => ValueTask.FromResult(BitConverter.ToUInt64(meta.Span)));
        id = 4711;
        for (var i = 0; i < 10; i++)
        {
            var where = BitConverter.GetBytes(i);
            await using var edge = await FrontierEdge.ConnectAsync(new FrontierEdgeOptions
            {
                EndPoint = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, gateways[i % 3].EdgePort),
                Meta = BitConverter.GetBytes(id),
                Reconnect = null,
                Methods = new Dictionary<string, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>>>
                {
                    ["where"] = (_, _) => ValueTask.FromResult<CallResponse>((ReadOnlyMemory<byte>)where),
                },
            });
            Assert.That(edge.EdgeId, Is.EqualTo(id));
            var answer = await service.CallAsync(id, "where", default).AsTask().InTime();
            Assert.That(BitConverter.ToInt32(answer.Payload.Span), Is.EqualTo(i), "the newest session answers");
        }
    }
}
