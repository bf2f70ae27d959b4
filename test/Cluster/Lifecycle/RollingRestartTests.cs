using System.Collections.Concurrent;
using Frontier.Cluster.Tests.Support;

namespace Frontier.Cluster.Tests.Lifecycle;

/// <summary>Gateways that are restarted one after the other while their peers work.</summary>
[TestFixture]
internal sealed class RollingRestartTests : ClusterFixture
{
    private const int EdgeCount = 24;
    private const int Callers = 6;

    [Test]
    public async Task A_rolling_restart_under_load_loses_no_acknowledged_message_and_fails_no_call_to_a_connected_edge()
    {
        var gateways = await Cluster.StartAsync(3);
        using var working = new CancellationTokenSource();
        using var over = new CancellationTokenSource();
        await using var services = new RovingServices(gateways, "orders", "work", over.Token);
        await services.ConnectedAsync();
        var edges = new List<RovingEdge>();
        for (var i = 0; i < EdgeCount; i++)
        {
            edges.Add(await RovingEdge.StartAsync(gateways, i, over.Token));
        }

        var failed = new ConcurrentQueue<string>();
        var answered = 0;
        var callers = Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            while (!working.IsCancellationRequested)
            {
                var edge = edges[Random.Shared.Next(edges.Count)];
                if (edge.Connected is not { } connection)
                {
                    await Task.Delay(5);
                    continue;
                }

                var started = System.Diagnostics.Stopwatch.StartNew();
                byte[] payload = [.. Guid.NewGuid().ToByteArray()];
                try
                {
                    var answer = await services.CallAsync(edge.Id, "echo", payload);
                    Assert.That(answer.ToArray(), Is.EqualTo(payload));
                    Interlocked.Increment(ref answered);
                }
                catch (FrontierException e)
                {
                    failed.Enqueue($"edge {edge.Id}: {e.Code} {e.Message} after {started.ElapsedMilliseconds} ms; its connection was {(connection.IsConnected ? "up" : "down")} when the call failed");
                }
            }
        })).ToArray();
        var publishers = edges.Select(edge => Task.Run(() => edge.PublishAsync("work", working.Token))).ToArray();

        foreach (var gateway in gateways)
        {
            var before = Volatile.Read(ref answered);
            await Eventually.HoldsAsync(() => Volatile.Read(ref answered) > before + 200, "calls go on");
            Assert.That(await gateway.TerminateAsync(), Is.Zero, "exit code");
            gateway.Start();
            await gateway.WaitUntilReadyAsync();
            await services.ConnectedAsync();
        }

        await Eventually.HoldsAsync(() => edges.All(edge => edge.Connected is not null), "all edges are back");
        await working.CancelAsync();
        await Task.WhenAll(callers);
        await Task.WhenAll(publishers);
        await over.CancelAsync(); // Only now may the edges go.
        var lost = edges.SelectMany(edge => edge.Acknowledged).Except(services.Received.Keys).ToList();
        var offline = services.Offline.GroupBy(session => session).Where(group => group.Count() > 1).Select(group => group.Key).ToList();
        TestContext.Out.WriteLine($"{answered} calls answered, {failed.Count} failed; {edges.Sum(edge => edge.Acknowledged.Count)} messages acknowledged, {lost.Count} of them lost; the longest an edge was away was {edges.Max(edge => edge.LongestAbsence)}.");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failed, Is.Empty, string.Join('\n', failed.Take(20)));
            Assert.That(lost, Is.Empty);
            Assert.That(offline, Is.Empty, "edge_offline fires once per session");
        }
    }
}
