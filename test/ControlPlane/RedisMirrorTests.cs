using Frontier.ControlPlane.Tests.Support;
using StackExchange.Redis;

namespace Frontier.ControlPlane.Tests;

public sealed class RedisMirrorTests
{
    private RedisProcess _server = null!;
    private ConnectionMultiplexer _redis = null!;
    private string _address = "";

    [OneTimeSetUp]
    public async Task StartRedis()
    {
        _server = await RedisProcess.StartAsync();
        _redis = _server.Connection;
        _address = _server.Address;
    }

    [OneTimeTearDown]
    public async Task StopRedis() => await _server.DisposeAsync();

    [Test]
    public async Task The_documented_keys_are_there_with_their_lifetimes_and_the_dead_are_removed()
    {
        var database = _redis.GetDatabase();
        await database.HashSetAsync("frontlas:frontiers:long-dead", "edge_count", 5);
        await database.HashSetAsync("frontlas:frontiers:someone-elses", "edge_count", 5);
        await database.StringSetAsync("frontlas:alive:frontiers:someone-elses", 1);
        await using var frontier = await TestFrontier.StartAsync(("servicebound:listen:advertised_addr", "s:1"), ("edgebound:listen:advertised_addr", "e:2"));
        await using var edge = await frontier.ConnectEdgeAsync(42);
        await using var service = await frontier.ConnectServiceAsync("billing", 7);
        var online = (await frontier.Grains.GetEdgeAsync(42))!;
        var serving = (await frontier.Grains.GetServiceAsync(7))!;
        var mirror = MirrorOf(frontier);
        await mirror.MirrorAsync(database, CancellationToken.None);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((await database.HashGetAllAsync("frontlas:frontiers:frontier-test")).Select(entry => $"{entry.Name}={entry.Value}"), Is.EquivalentTo(new[]
            {
                "advertised_sb_addr=s:1", "advertised_eb_addr=e:2", "edge_count=1", "service_count=1",
            }));
            Assert.That(
                (string?)await database.StringGetAsync("frontlas:edges:42"),
                Is.EqualTo($$"""{"frontier_id":"frontier-test","addr":"{{online.Address}}","update_time":{{online.ConnectedAt.ToUnixTimeSeconds()}}}"""));
            Assert.That(
                (string?)await database.StringGetAsync("frontlas:services:7"),
                Is.EqualTo($$"""{"service":"billing","frontier_id":"frontier-test","addr":"{{serving.Address}}","update_time":{{serving.ConnectedAt.ToUnixTimeSeconds()}}}"""));
            Assert.That(await database.KeyTimeToLiveAsync("frontlas:frontiers:frontier-test"), Is.Null);
            foreach (var key in new[] { "frontlas:alive:frontiers:frontier-test", "frontlas:edges:42", "frontlas:alive:edges:42", "frontlas:services:7", "frontlas:alive:services:7" })
            {
                Assert.That(await database.KeyTimeToLiveAsync(key), Is.GreaterThan(TimeSpan.Zero).And.LessThanOrEqualTo(TimeSpan.FromSeconds(30)), key);
            }

            Assert.That((int)await database.StringGetAsync("frontlas:alive:edges:42"), Is.EqualTo(1));
            Assert.That(await database.KeyExistsAsync("frontlas:frontiers:long-dead"), Is.False);
            Assert.That(await database.KeyExistsAsync("frontlas:frontiers:someone-elses"), Is.True);
        }

        await edge.CloseAsync();
        await Eventually.TrueAsync(async () => await frontier.Grains.GetEdgeAsync(42) is null, "the edge is gone");
        await mirror.MirrorAsync(database, CancellationToken.None);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await database.KeyExistsAsync("frontlas:edges:42"), Is.False);
            Assert.That(await database.KeyExistsAsync("frontlas:alive:edges:42"), Is.False);
            Assert.That(await database.KeyExistsAsync("frontlas:services:7"), Is.True);
            Assert.That((int)await database.HashGetAsync("frontlas:frontiers:frontier-test", "edge_count"), Is.Zero);
        }
    }

    [Test]
    public async Task Switched_on_the_program_mirrors_of_itself_and_one_of_two_does_it()
    {
        await _redis.GetDatabase().KeyDeleteAsync("frontlas:mirror");
        await using var first = await TestFrontier.StartAsync(("frontlas:redis_mirror", "true"), ("frontlas:redis", _address), ("daemon:frontier_id", "first"));
        await Eventually.TrueAsync(async () => await _redis.GetDatabase().KeyExistsAsync("frontlas:frontiers:first"), "the first mirrors");
        var lease = await _redis.GetDatabase().StringGetAsync("frontlas:mirror");
        await using var second = await TestFrontier.StartAsync(("frontlas:redis_mirror", "true"), ("cluster:redis", _address), ("daemon:frontier_id", "second"));
        var other = MirrorOf(second);
        await other.TryMirrorAsync(_redis.GetDatabase(), CancellationToken.None);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await _redis.GetDatabase().KeyExistsAsync("frontlas:frontiers:second"), Is.False);
            Assert.That(await _redis.GetDatabase().StringGetAsync("frontlas:mirror"), Is.EqualTo(lease));
        }

        await first.StopAsync();
        await other.TryMirrorAsync(_redis.GetDatabase(), CancellationToken.None);
        Assert.That(await _redis.GetDatabase().KeyExistsAsync("frontlas:frontiers:second"), Is.True, "the lease was given back");
    }

    [Test]
    public async Task A_Redis_cluster_gets_no_mirror()
    {
        var directory = Directory.CreateTempSubdirectory("frontier-redis-");
        var server = await RedisProcess.StartAsync("--cluster-enabled", "yes", "--dir", directory.FullName);
        var redis = server.Connection;
        await using var frontier = await TestFrontier.StartAsync();
        try
        {
            // All slots are its own, so that nothing but the mirror's own choice keeps it from writing.
            await redis.GetServers()[0].ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", 0, 16383);
            await MirrorOf(frontier).TryMirrorAsync(redis.GetDatabase(), CancellationToken.None);
            Assert.That(await redis.GetServers()[0].DatabaseSizeAsync(), Is.Zero);
        }
        finally
        {
            await server.DisposeAsync();
            directory.Delete(recursive: true);
        }
    }

    [TestCase("frontlas:redis", "", "frontlas.redis: the mirror needs a Redis server, here, in cluster.redis or in the section redis")]
    [TestCase("frontlas:redis", "a:1,password=secret,banana=1", "frontlas.redis: it is not host:port[,password=...][,user=...][,ssl=true]")]
    [TestCase(
        "redis:cluster:addrs:0",
        "127.0.0.1:1",
        "frontlas.redis: the mirror cannot be in a Redis cluster (redis.mode), where a peer's keys could not be changed together: name another server")]
    public async Task A_mirror_without_a_server_stops_the_start(string key, string value, string problem)
    {
        (string, string)[] keys = [("frontlas:redis_mirror", "true"), (key, value), .. key.StartsWith("redis:cluster", StringComparison.Ordinal) ? new[] { ("redis:mode", "cluster") } : []];
        var error = await Assert.ThrowsAsync<Silo.ConfigurationException>(async () => await TestFrontier.StartAsync(keys));
        Assert.That(error!.Problems, Is.EqualTo(new[] { problem }));
    }

    private static Silo.RedisMirror MirrorOf(TestFrontier frontier) =>
        Microsoft.Extensions.DependencyInjection.ActivatorUtilities.CreateInstance<Silo.RedisMirror>(frontier.App.Services);
}
