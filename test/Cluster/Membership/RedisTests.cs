using System.Globalization;
using Frontier.Cluster.Tests.Support;
using StackExchange.Redis;

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
        await cluster.ShowingLogsAsync(async () =>
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
        await cluster.ShowingLogsAsync(async () =>
        {
            var gateways = await cluster.StartAsync(1);
            await redis.StopAsync();
            await gateways[0].WaitForLogAsync("was lost; running traffic goes on");

            // Redis' own time-outs add up to more than two minutes, which is beyond the deadline of tests.
            Assert.That(await gateways[0].TerminateAsync(), Is.Zero, "exit code");
        });
    }

    [Test]
    public async Task Processes_follow_Redis_to_another_server_without_a_restart()
    {
        var redis = RedisProcess.Create();
        await using var other = RedisProcess.Create();
        await redis.StartAsync();
        await other.StartAsync();
        await other.ExecuteAsync("REPLICAOF", "127.0.0.1", redis.Port);
        await using var cluster = await FrontierCluster.CreateAsync(redis, ("cluster:redis", $"{redis.ConnectionString},{other.ConnectionString}"));
        await cluster.ShowingLogsAsync(async () =>
        {
            var gateways = await cluster.StartAsync(2);

            await other.ExecuteAsync("REPLICAOF", "NO", "ONE");
            await redis.ExecuteAsync("REPLICAOF", "127.0.0.1", other.Port);
            await gateways[0].WaitForLogAsync("takes writes again");

            var joining = cluster.Start("gateway");
            await joining.WaitUntilReadyAsync();
            await gateways[1].KillAsync();
            await cluster.Processes[0].WaitForLogAsync($"Gateway {gateways[1].Name} is dead");
            Assert.That(gateways[0].Log, Has.Count.LessThan(500), "lines of the log");
        });
    }

    [Test]
    public async Task Redis_that_comes_back_empty_is_not_told_of_processes_that_died_meanwhile()
    {
        var redis = RedisProcess.Create();
        await redis.StartAsync();
        await using var cluster = await FrontierCluster.CreateAsync(redis);
        await cluster.ShowingLogsAsync(async () =>
        {
            var gateways = await cluster.StartAsync(2);
            await redis.StopAsync();
            await gateways[0].WaitForLogAsync("was lost; running traffic goes on");
            await gateways[1].KillAsync();
            await redis.StartAsync();

            await Eventually.HoldsAsync(async () => (await RowsAsync(redis)).Count(row => row.StartsWith('S')) >= 2, "the table is written again");

            Assert.That(await RowsAsync(redis), Has.None.Contains($":{gateways[1].SiloPort}"));
            var joining = cluster.Start("gateway");
            await joining.WaitUntilReadyAsync();
            await cluster.GatewaysAreAsync(TimeSpan.FromSeconds(30), gateways[0], joining);
        });
    }

    [Test]
    public async Task Edges_are_found_through_a_directory_in_Redis()
    {
        var redis = RedisProcess.Create();
        await redis.StartAsync();
        await using var cluster = await FrontierCluster.CreateAsync(redis, ("cluster:directory", "redis"));
        await cluster.ShowingLogsAsync(async () =>
        {
            var gateways = await cluster.StartAsync(2);
            var grains = await cluster.GrainsAsync();
            await using var edge = await gateways[0].ConnectEchoEdgeAsync();
            await using var other = await gateways[1].ConnectEchoEdgeAsync();
            await using var service = await gateways[1].ConnectServiceAsync("asks");
            await service.CallAsync(edge.EdgeId, "echo", new byte[] { 1 });
            Assert.That(await redis.KeysAsync(), Has.Some.Contains(edge.EdgeId.ToString("X", CultureInfo.InvariantCulture)), "an entry for the edge");

            await gateways[0].KillAsync();

            await grains.EchoAsync(other.EdgeId);
            await using var joined = await (await cluster.StartGatewayAsync()).ConnectEchoEdgeAsync();
            await service.CallAsync(joined.EdgeId, "echo", new byte[] { 2 });
        });
    }

    [Test]
    public async Task A_start_waits_for_Redis_and_then_succeeds_without_showing_the_password()
    {
        var redis = RedisProcess.Create(password: "very-secret");
        await using var cluster = await FrontierCluster.CreateAsync(redis);
        await cluster.ShowingLogsAsync(async () =>
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
        await cluster.ShowingLogsAsync(async () =>
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
        await cluster.ShowingLogsAsync(async () =>
        {
            var process = cluster.Start("gateway", ("cluster:redis", $"127.0.0.1:{redis.Port},password=not-it"));
            Assert.That(await process.WaitForExitAsync(), Is.EqualTo(1));
            await process.WaitForLogAsync(
                $"frontier: cluster.redis: Redis at 127.0.0.1:{redis.Port} does not let this process in: the user or the password is wrong");
            Assert.That(process.Log, Has.None.Contains("not-it"));
        });
    }

    // The names of the table's fields: its version and the addresses of processes.
    private static async Task<IReadOnlyList<string>> RowsAsync(RedisProcess redis)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        return [.. (await connection.GetDatabase().HashKeysAsync("frontier/members/frontier")).Select(field => field.ToString())];
    }
}
