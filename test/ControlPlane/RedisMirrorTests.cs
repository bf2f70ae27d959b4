using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Frontier.ControlPlane.Tests.Support;
using StackExchange.Redis;

namespace Frontier.ControlPlane.Tests;

public sealed class RedisMirrorTests
{
    private Process _server = null!;
    private ConnectionMultiplexer _redis = null!;
    private string _address = "";

    [OneTimeSetUp]
    public async Task StartRedis()
    {
        int port;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        _address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        _server = Process.Start(new ProcessStartInfo("redis-server", ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        {
            RedirectStandardOutput = true,
        })!;
        _server.OutputDataReceived += (_, _) => { };
        _server.BeginOutputReadLine();
        var configuration = ConfigurationOptions.Parse(_address);
        configuration.AbortOnConnectFail = false;
        _redis = await ConnectionMultiplexer.ConnectAsync(configuration);
        await Eventually.TrueAsync(() => Task.FromResult(_redis.IsConnected), "Redis answers");
    }

    [OneTimeTearDown]
    public async Task StopRedis()
    {
        await _redis.DisposeAsync();
        _server.Kill();
        await _server.WaitForExitAsync();
        _server.Dispose();
    }

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

    [TestCase("", "frontlas.redis: the mirror needs a Redis server, here or in cluster.redis")]
    [TestCase("a:1,password=secret,banana=1", "frontlas.redis: not host:port[,option=value…]")]
    public async Task A_mirror_without_a_server_stops_the_start(string redis, string problem)
    {
        var error = await Assert.ThrowsAsync<Silo.ConfigurationException>(async () => await TestFrontier.StartAsync(("frontlas:redis_mirror", "true"), ("frontlas:redis", redis)));
        Assert.That(error!.Problems, Is.EqualTo(new[] { problem }));
    }

    private static Silo.RedisMirror MirrorOf(TestFrontier frontier) =>
        Microsoft.Extensions.DependencyInjection.ActivatorUtilities.CreateInstance<Silo.RedisMirror>(frontier.App.Services);
}
