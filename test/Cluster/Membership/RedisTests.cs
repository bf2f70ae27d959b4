using Frontier.Cluster.Tests.Support;

namespace Frontier.Cluster.Tests.Membership;

/// <summary>The cluster without its Redis server, for a while or from the beginning.</summary>
[TestFixture]
internal sealed class RedisTests
{
    [TestCase(true, Description = "Redis keeps its data")]
    [TestCase(false, Description = "Redis comes back empty")]
    public async Task Redis_may_go_and_come_back(bool keepsData)
    {
        var redis = RedisProcess.Create(keepsData);
        await redis.StartAsync();
        await using var cluster = await FrontierCluster.CreateAsync(redis);
        await ShowingLogsAsync(cluster, async () =>
        {
            var gateways = await cluster.StartAsync(2);
            var grains = await cluster.GrainsAsync();
            await using var edge = await gateways[0].ConnectEchoEdgeAsync();
            await grains.EchoAsync(edge.EdgeId);

            await redis.StopAsync();
            await gateways[0].WaitForLogAsync("was lost; running traffic goes on");
            await grains.EchoAsync(edge.EdgeId);
            await using var late = await gateways[1].ConnectEchoEdgeAsync();
            await grains.EchoAsync(late.EdgeId);
            var joining = cluster.Start("gateway");
            await joining.WaitForLogAsync("Waiting for Redis at 127.0.0.1");
            await redis.StartAsync();

            await joining.WaitUntilReadyAsync();
            await cluster.GatewaysAreAsync(Eventually.Deadline, [.. gateways, joining]);
            await using var newest = await joining.ConnectEchoEdgeAsync();
            await grains.EchoAsync(newest.EdgeId);
            await grains.EchoAsync(edge.EdgeId);
            Assert.That(edge.IsConnected && late.IsConnected, Is.True);
            Assert.That(cluster.Processes.Select(process => process.IsRunning), Is.All.True);

            await gateways[1].KillAsync();
            await cluster.GatewaysAreAsync(TimeSpan.FromSeconds(30), gateways[0], joining);
        });
    }

    [Test]
    public async Task A_process_ends_in_good_order_within_its_drain_time_while_Redis_is_away()
    {
        var redis = RedisProcess.Create();
        await redis.StartAsync();
        await using var cluster = await FrontierCluster.CreateAsync(redis, ("daemon:drain_timeout", "5s"));
        await ShowingLogsAsync(cluster, async () =>
        {
            var gateways = await cluster.StartAsync(1);
            await redis.StopAsync();
            await gateways[0].WaitForLogAsync("was lost; running traffic goes on");

            // Redis' own time-outs add up to more than two minutes, which is beyond the deadline of tests.
            Assert.That(await gateways[0].TerminateAsync(), Is.Zero, "exit code");
        });
    }

    [Test]
    public async Task A_start_waits_for_Redis_and_then_succeeds_without_showing_the_password()
    {
        var redis = RedisProcess.Create(password: "very-secret");
        await using var cluster = await FrontierCluster.CreateAsync(redis);
        await ShowingLogsAsync(cluster, async () =>
        {
            var process = cluster.Start("all");
            await process.WaitForLogAsync("Waiting for Redis at 127.0.0.1");
            await redis.StartAsync();
            await process.WaitUntilReadyAsync();
            Assert.That(process.Log, Has.Some.Contains("was reached after"));
            Assert.That(process.Log, Has.None.Contains("very-secret"));
        });
    }

    [Test]
    public async Task A_start_gives_up_in_words_when_Redis_never_comes()
    {
        await using var cluster = await FrontierCluster.CreateAsync(RedisProcess.Create(), ("cluster:join_timeout", "2s"));
        await ShowingLogsAsync(cluster, async () =>
        {
            var process = cluster.Start("gateway");
            Assert.That(await process.WaitForExitAsync(), Is.EqualTo(1));
            await process.WaitForLogAsync(
                $"frontier: cluster.redis: Redis at 127.0.0.1:{cluster.Redis.Port} could not be reached within 2 s (cluster.join_timeout)");
        });
    }

    [Test]
    public async Task A_wrong_password_ends_the_start_at_once()
    {
        var redis = RedisProcess.Create(password: "very-secret");
        await redis.StartAsync();
        await using var cluster = await FrontierCluster.CreateAsync(redis);
        await ShowingLogsAsync(cluster, async () =>
        {
            var process = cluster.Start("gateway", ("cluster:redis", $"127.0.0.1:{redis.Port},password=not-it"));
            Assert.That(await process.WaitForExitAsync(), Is.EqualTo(1));
            await process.WaitForLogAsync(
                $"frontier: cluster.redis: Redis at 127.0.0.1:{redis.Port} does not let this process in: the user or the password is wrong");
            Assert.That(process.Log, Has.None.Contains("not-it"));
        });
    }

    private static async Task ShowingLogsAsync(FrontierCluster cluster, Func<Task> test)
    {
        try
        {
            await test();
        }
        catch
        {
            cluster.PrintLogs();
            throw;
        }
    }
}
