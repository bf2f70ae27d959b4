using Frontier.Cluster.Tests.Support;

namespace Frontier.Cluster.Tests.Membership;

/// <summary>A Redis server that is full and evicts nothing: it answers, and refuses every write.</summary>
[TestFixture, NonParallelizable]
internal sealed class FullRedisTests
{
    private static readonly (string Key, string Value)[] Keeping =
        [("topics:filters", "true"), ("topics:retain:0:topic", "kept/#"), ("topics:retain:0:lifetime", "10m"), ("edges:retain", "true")];

    [Test]
    public async Task One_for_kept_messages_that_is_full_stops_nothing_but_them()
    {
        await using var kept = RedisProcess.Create(keepsData: true);
        await kept.StartAsync();
        await using var cluster = await FrontierCluster.CreateAsync(null, [.. Keeping, ("cluster:retention_redis", kept.ConnectionString)]);
        await cluster.ShowingLogsAsync(async () =>
        {
            var gateway = (await cluster.StartAsync(1)).Single();
            await using var service = await gateway.ConnectServiceAsync("sender");
            await using var edge = await gateway.ConnectEchoEdgeAsync();
            await edge.PublishAsync("kept/a", new byte[1]).AsTask().InTime();

            await FillAsync(kept);
            await RefusedAsync(() => edge.PublishAsync("kept/a", new byte[1]).AsTask());
            await RefusedAsync(() => service.PublishOrKeepAsync(7001, "news", new byte[1], TimeSpan.FromMinutes(1)));
            await service.CallAsync(edge.EdgeId, "echo", new byte[1]).AsTask().InTime();
            await using var late = await gateway.ConnectEchoEdgeAsync().InTime();
            await service.CallAsync(late.EdgeId, "echo", new byte[1]).AsTask().InTime();
            var joining = await cluster.StartGatewayAsync();
            await cluster.GatewaysAreAsync(Eventually.Deadline, gateway, joining);
            await gateway.KillAsync();
            await cluster.GatewaysAreAsync(Eventually.Deadline, joining);

            await EmptyAsync(kept);
            await using var another = await joining.ConnectEdgeAsync();
            await Eventually.SucceedsAsync(() => DoneAsync(another.PublishAsync("kept/a", new byte[1]).AsTask()), "messages are kept again");
        });
    }

    [Test]
    public async Task That_of_the_cluster_stops_no_process_no_login_and_no_call()
    {
        await using var cluster = await FrontierCluster.CreateAsync(null, Keeping);
        await cluster.ShowingLogsAsync(async () =>
        {
            var gateways = await cluster.StartAsync(2);
            await using var service = await gateways[0].ConnectServiceAsync("sender");
            await using var edge = await gateways[0].ConnectEchoEdgeAsync();
            await FillAsync(cluster.Redis);
            await RefusedAsync(() => edge.PublishAsync("kept/a", new byte[1]).AsTask());
            for (var i = 0; i < 2; i++)
            {
                await using var late = await gateways[i].ConnectEchoEdgeAsync().InTime();
                await service.CallAsync(late.EdgeId, "echo", new byte[1]).AsTask().InTime();
                await using var lateService = await gateways[i].ConnectServiceAsync($"late-{i}").InTime();
            }

            // That a process is lost cannot be written down. The others go on all the same, but for ids whose place in the directory it held: those wait, and a
            // login that takes any id gets in when it is tried again.
            await gateways[1].KillAsync();
            await Eventually.HoldsAsync(async () => await RefusalsAsync(cluster.Redis) > 0, "a write was refused");
            await using var later = await Eventually.SucceedsAsync(() => gateways[0].ConnectEchoEdgeAsync(), "an edge logs in while a lost process cannot be removed");
            await service.CallAsync(later.EdgeId, "echo", new byte[1]).AsTask().InTime();
            Assert.That(cluster.Processes.Count(process => process.IsRunning), Is.EqualTo(2));

            await EmptyAsync(cluster.Redis);
            await cluster.GatewaysAreAsync(Eventually.Deadline, gateways[0]);
            var joining = await cluster.StartGatewayAsync();
            await cluster.GatewaysAreAsync(Eventually.Deadline, gateways[0], joining);
            await Eventually.SucceedsAsync(() => DoneAsync(edge.PublishAsync("kept/a", new byte[1]).AsTask()), "messages are kept again");
            Assert.That(edge.IsConnected && service.IsConnected && later.IsConnected, Is.True);
        });
    }

    private static async Task FillAsync(RedisProcess redis)
    {
        await redis.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
        await redis.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
    }

    private static Task EmptyAsync(RedisProcess redis) => redis.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");

    private static async Task<long> RefusalsAsync(RedisProcess redis)
    {
        await using var connection = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync($"{redis.ConnectionString},allowAdmin=true");
        var stats = await connection.GetServers().Single().InfoAsync("errorstats");
        return stats.SelectMany(group => group).Where(entry => entry.Key == "errorstat_OOM").Select(entry => 1L).Sum();
    }

    private static async Task RefusedAsync(Func<Task> work)
    {
        var error = await Assert.CatchAsync<FrontierException>(() => work().InTime());
        Assert.That(error!.Code, Is.EqualTo(FrontierErrorCode.StoreFull).Or.EqualTo(FrontierErrorCode.QueueUnavailable));
    }

    private static async Task<bool> DoneAsync(Task work)
    {
        await work;
        return true;
    }
}
