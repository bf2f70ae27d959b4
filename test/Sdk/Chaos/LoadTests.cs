using System.Collections.Concurrent;
using Frontier.Client;

namespace Frontier.Sdk.Tests.Chaos;

/// <summary>Many calls while connections and gateways come and go.</summary>
public sealed class LoadTests
{
    [Test]
    public async Task Ten_thousand_calls_during_twenty_reconnects_each_end_exactly_once()
    {
        const int calls = 10_000, cuts = 20, callers = 40;
        await using var gateway = await LiveGateway.StartAsync();
        await using var gate = new FrameGate(gateway.EdgeEndPoint);
        var handled = new int[calls];
        await using var service = await FrontierService.ConnectAsync(gateway.ServiceOptions with
        {
            Methods = new Dictionary<string, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>>>
            {
                ["count"] = (request, _) =>
                {
                    Interlocked.Increment(ref handled[BitConverter.ToInt32(request.Payload.Span)]);
                    return new(request.Payload);
                },
            },
        });
        await using var edge = await FrontierEdge.ConnectAsync(gateway.EdgeOptions with { EndPoint = gate.EndPoint });
        var ended = new int[calls];
        var answered = 0;
        var failures = new ConcurrentQueue<FrontierErrorCode>();
        var next = -1;
        var calling = Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            int i;
            while ((i = Interlocked.Increment(ref next)) < calls)
            {
                try
                {
                    var response = await edge.CallAsync("count", BitConverter.GetBytes(i));
                    Assert.That(BitConverter.ToInt32(response.Payload.Span), Is.EqualTo(i));
                    Interlocked.Increment(ref answered);
                }
                catch (FrontierException e)
                {
                    failures.Enqueue(e.Code);
                    await edge.WaitUntilConnectedAsync();
                }

                Interlocked.Increment(ref ended[i]);
            }
        })).ToArray();
        // Spread over the calls: each cut when another share of them has begun.
        for (var cut = 1; cut <= cuts; cut++)
        {
            await Support.UntilAsync(() => Volatile.Read(ref next) >= calls * cut / (cuts + 1), "more calls have begun");
            await edge.WaitUntilConnectedAsync().InTime();
            var generation = edge.Generation;
            gate.CutAll();
            await Support.UntilAsync(() => edge.Generation > generation, "the edge is back");
        }

        await Task.WhenAll(calling).InTime();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ended, Is.All.EqualTo(1));
            Assert.That(handled, Is.All.LessThanOrEqualTo(1), "no call is sent twice");
            Assert.That(answered + failures.Count, Is.EqualTo(calls));
            Assert.That(failures.Distinct(), Is.SubsetOf(new[] { FrontierErrorCode.ConnectionLost, FrontierErrorCode.GatewayDraining }));
            Assert.That(edge.Generation, Is.EqualTo(cuts + 1));
        }
    }

    [Test]
    public async Task A_gateway_that_restarts_under_load_gets_everyone_back_and_every_call_ends()
    {
        await using var gateway = await LiveGateway.StartAsync();
        await using var service = await FrontierService.ConnectAsync(gateway.ServiceOptions with { Methods = Support.EchoMethod });
        var edges = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => FrontierEdge.ConnectAsync(gateway.EdgeOptions with { Id = 100 + (ulong)i, Methods = Support.EchoMethod })));
        using var over = new CancellationTokenSource();
        var ended = 0;
        var codes = new ConcurrentDictionary<FrontierErrorCode, int>();
        var calling = edges.SelectMany(edge => new Func<Task>[]
        {
            () => edge.CallAsync("echo", new byte[] { 1 }).AsTask(),
            () => service.CallAsync(edge.EdgeId, "echo", new byte[] { 1 }).AsTask(),
        }).Select(call => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                try
                {
                    await call().InTime();
                }
                catch (FrontierException e)
                {
                    codes.AddOrUpdate(e.Code, 1, (_, n) => n + 1);
                    await Task.Delay(5);
                }

                Interlocked.Increment(ref ended);
            }
        })).ToArray();
        for (var round = 0; round < 2; round++)
        {
            var before = Volatile.Read(ref ended);
            await Support.UntilAsync(() => Volatile.Read(ref ended) > before + 500, "calls are made");
            await gateway.StopAsync();
            await gateway.StartAgainAsync();
            await service.WaitUntilConnectedAsync().InTime();
            await Task.WhenAll(edges.Select(edge => edge.WaitUntilConnectedAsync())).InTime();
        }

        await over.CancelAsync();
        await Task.WhenAll(calling).InTime();
        foreach (var edge in edges)
        {
            await Support.SucceedsAsync(() => edge.CallAsync("echo", default).AsTask());
            await Support.SucceedsAsync(() => service.CallAsync(edge.EdgeId, "echo", default).AsTask());
        }

        Assert.That(edges.Select(edge => edge.EdgeId), Is.EqualTo(Enumerable.Range(100, 10)), "each has its id");
        Assert.That(codes.Keys, Has.All.Matches<FrontierErrorCode>(code => code.IsRetryable() || code == FrontierErrorCode.MethodNotFound), string.Join(", ", codes));
        await Task.WhenAll(edges.Select(edge => edge.DisposeAsync().AsTask())).InTime();
    }

    [Test]
    public async Task A_slow_gateway_delays_calls_and_loses_none()
    {
        await using var gateway = await LiveGateway.StartAsync();
        await using var gate = new FrameGate(gateway.EdgeEndPoint) { Delay = TimeSpan.FromMilliseconds(20) };
        await using var service = await FrontierService.ConnectAsync(gateway.ServiceOptions with { Methods = Support.EchoMethod });
        await using var edge = await FrontierEdge.ConnectAsync(gateway.EdgeOptions with { EndPoint = gate.EndPoint });
        var calls = Enumerable.Range(0, 200).Select(async i => BitConverter.ToInt32((await edge.CallAsync("echo", BitConverter.GetBytes(i))).Payload.Span)).ToArray();
        gate.Delay = TimeSpan.FromMilliseconds(500);
        var hasty = await Assert.ThrowsAsync<FrontierException>(() => edge.CallAsync("echo", default, new CallOptions { Timeout = TimeSpan.FromMilliseconds(50) }).InTime());
        gate.Delay = TimeSpan.FromMilliseconds(20);
        Assert.That(hasty!.Code, Is.EqualTo(FrontierErrorCode.Timeout));
        Assert.That(await Task.WhenAll(calls).InTime(), Is.EqualTo(Enumerable.Range(0, 200)));
        Assert.That((edge.Generation, edge.IsConnected), Is.EqualTo((1, true)));
    }

    [Test]
    public async Task An_edge_that_a_service_refuses_when_it_comes_back_is_over_with_the_services_words()
    {
        await using var gateway = await LiveGateway.StartAsync();
        await using var gate = new FrameGate(gateway.EdgeEndPoint);
        await using var service = await FrontierService.ConnectAsync(gateway.ServiceOptions);
        var banned = false;
        await service.OnEdgeOnlineAsync((_, _) => banned ? throw new FrontierException(FrontierErrorCode.Refused, "you are banned") : default);
        var edge = await FrontierEdge.ConnectAsync(gateway.EdgeOptions with { EndPoint = gate.EndPoint });
        banned = true;
        gate.CutAll();
        Assert.That(await edge.Completion.InTime(), Is.EqualTo(Protocol.DisconnectReason.Refused));
        Assert.That(edge.Failure!.PeerText, Is.EqualTo("you are banned"));
        Assert.That(gate.Connections, Is.EqualTo(2));
        await edge.DisposeAsync();
    }
}
