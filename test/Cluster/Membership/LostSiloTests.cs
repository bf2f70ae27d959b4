using System.Collections.Concurrent;
using System.Net;
using Frontier.Cluster.Tests.Support;

namespace Frontier.Cluster.Tests.Membership;

/// <summary>The only silo of a gateway is killed while everything that peers can ask for is under way there.</summary>
[TestFixture, NonParallelizable]
internal sealed class LostSiloTests
{
    private const ulong AwayEdge = 7001;
    private const ulong NobodysEdge = 7002;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    [Test]
    public async Task Each_request_is_answered_within_its_time_and_all_goes_on_when_the_silo_is_back()
    {
        var redis = RedisProcess.Create(keepsData: true);
        await redis.StartAsync();
        await using var cluster = await FrontierCluster.CreateAsync(
            redis,
            ("topics:filters", "true"), ("topics:retain:0:topic", "kept/#"), ("topics:retain:0:lifetime", "10m"), ("edges:retain", "true"),
            ("mqm:redis:enable", "true"), ("mqm:redis:addrs:0", redis.ConnectionString), ("mqm:redis:producer:streams:0", "orders"));
        var gateway = (await cluster.StartAsync(1)).Single();
        await using var edge = await FrontierEdge.ConnectAsync(new FrontierEdgeOptions
        {
            EndPoint = new IPEndPoint(gateway.Host.Address, gateway.EdgePort),
            Reconnect = null,
            DefaultTimeout = Timeout,
            Methods = new Dictionary<string, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>>>
            {
                ["echo"] = (request, _) => ValueTask.FromResult<CallResponse>(request.Payload),
            },
        });
        await using var service = await FrontierService.ConnectAsync(new FrontierServiceOptions
        {
            EndPoint = new IPEndPoint(gateway.Host.Address, gateway.ServicePort), Name = "streams", Reconnect = null, DefaultTimeout = Timeout,
        });
        var accepting = AcceptAsync(service);
        var work = new Dictionary<string, Func<Task>>
        {
            ["call to an edge"] = () => service.CallAsync(edge.EdgeId, "echo", new byte[1]).AsTask(),
            ["call to an edge that is not there"] = async () =>
            {
                var error = await Assert.CatchAsync<FrontierException>(() => service.CallAsync(NobodysEdge, "echo", new byte[1]).AsTask());
                if (error!.Code != FrontierErrorCode.EdgeNotOnline)
                {
                    throw error;
                }
            },
            ["message for a kept topic"] = () => edge.PublishAsync("kept/a", new byte[1]).AsTask(),
            ["message for a queue"] = () => edge.PublishAsync("orders", new byte[1]).AsTask(),
            ["stream"] = async () => await (await edge.OpenStreamAsync("streams")).DisposeAsync(),
            ["message for an edge that is away"] = () => service.PublishOrKeepAsync(AwayEdge, "news", new byte[1], TimeSpan.FromMinutes(10)),
        };
        try
        {
            await AllWorkAsync(work, "all works before");
            using var over = new CancellationTokenSource();
            var outcomes = new ConcurrentDictionary<(string Work, string Outcome), int>();
            var running = work.SelectMany(item => Enumerable.Range(0, 4).Select(_ => RepeatAsync(item.Key, item.Value, outcomes, over.Token))).ToArray();
            await cluster.Processes[0].KillAsync();
            await Eventually.HoldsAsync(() => outcomes.Any(outcome => outcome.Key.Outcome != "done"), "what needs the silo is told");
            await Task.Delay(Timeout * 2); // Everything that was under way has passed its deadline.
            await cluster.StartSiloAsync();
            await AllWorkAsync(work, "all works again");
            await over.CancelAsync();
            await Task.WhenAll(running).InTime(); // Throws when one was not answered in time, or with an error without a name.
            foreach (var (outcome, count) in outcomes.OrderBy(outcome => outcome.Key))
            {
                TestContext.Out.WriteLine($"{outcome.Work}: {outcome.Outcome} {count}");
            }

            Assert.That(edge.IsConnected && service.IsConnected && gateway.IsRunning, Is.True);
        }
        catch
        {
            cluster.PrintLogs();
            throw;
        }

        await service.DisposeAsync();
        await accepting.InTime();
    }

    private static Task<bool[]> AllWorkAsync(Dictionary<string, Func<Task>> work, string what) => Task.WhenAll(work.Select(item => Eventually.SucceedsAsync(
        async () =>
        {
            await item.Value();
            return true;
        },
        $"{what}: {item.Key}")));

    private static async Task RepeatAsync(
        string name, Func<Task> work, ConcurrentDictionary<(string Work, string Outcome), int> outcomes, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            var outcome = "done";
            try
            {
                // Beyond its own time only what a loaded machine needs.
                await work().WaitAsync(Timeout * 4, CancellationToken.None);
            }
            catch (FrontierException error) when (error.Code != FrontierErrorCode.Unknown)
            {
                outcome = $"{error.Code}";
            }
            catch (TimeoutException error)
            {
                throw new AssertionException($"A {name} was not answered.", error);
            }

            outcomes.AddOrUpdate((name, outcome), 1, (_, count) => count + 1);
            await Task.Delay(20, CancellationToken.None);
        }
    }

    private static async Task AcceptAsync(FrontierService service)
    {
        await foreach (var stream in service.AcceptStreamsAsync())
        {
            await stream.DisposeAsync();
        }
    }
}
