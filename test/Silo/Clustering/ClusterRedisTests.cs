using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Frontier.Silo.Tests;

/// <summary>A cluster's Redis that answers and does not serve.</summary>
public sealed class ClusterRedisTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly List<RedisServerProcess> _servers = [];
    private readonly List<ClusterRedis> _clients = [];
    private readonly RecordingLogger _log = new();

    [TearDown]
    public async Task StopAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        _clients.Clear();
        _servers.Clear();
        _log.Lines.Clear();
    }

    [TestCase("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "OOM", Description = "it is full")]
    [TestCase("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "it is a replica", Description = "it is a replica")]
    [TestCase("CONFIG SET min-replicas-to-write 3", "CONFIG SET min-replicas-to-write 0", "NOREPLICAS", Description = "it has lost its replicas")]
    public async Task A_start_waits_for_Redis_to_take_writes_and_says_why(string before, string after, string reason)
    {
        var server = await StartServerAsync();
        await server.ExecuteAsync(before);
        var redis = Create($"127.0.0.1:{server.Port}", Deadline);

        var starting = redis.StartAsync(CancellationToken.None);
        await HoldsAsync(() => _log.Lines.Any(line => line.Contains(reason, StringComparison.Ordinal)));
        Assert.That(starting.IsCompleted, Is.False);
        Assert.That(_log.Lines, Has.Some.StartsWith($"Waiting for Redis at 127.0.0.1:{server.Port}: it takes no writes: "));
        await server.ExecuteAsync(after);

        await starting.WaitAsync(Deadline);
        await redis.Connection.GetDatabase().StringSetAsync("a", 1);
    }

    [Test]
    public async Task A_start_waits_for_Redis_to_load_its_data()
    {
        var server = await StartServerAsync();
        await server.ExecuteAsync("EVAL", "for i = 1, 3000 do redis.call('SET', i, i) end", 0);
        await server.ExecuteAsync("SAVE");
        await server.KillAsync();
        await server.StartAsync("--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024");
        var redis = Create($"127.0.0.1:{server.Port}", Deadline);

        await redis.StartAsync(CancellationToken.None).WaitAsync(Deadline);

        Assert.That(_log.Lines, Has.Some.StartsWith("Waiting for Redis").And.Some.Contains("was reached after"));
        await redis.Connection.GetDatabase().StringSetAsync("a", 1);
    }

    [Test]
    public async Task A_start_ends_in_one_line_when_Redis_never_takes_writes()
    {
        var server = await StartServerAsync();
        await server.ExecuteAsync("CONFIG SET maxmemory 1");

        var error = await Assert.ThrowsAsync<ClusterException>(() => Create($"127.0.0.1:{server.Port}", TimeSpan.Zero).StartAsync(CancellationToken.None));

        Assert.That(StartFailure.Describe(error!), Has.Count.EqualTo(1));
        Assert.That(error!.Message, Does.StartWith(
            $"cluster.redis: Redis at 127.0.0.1:{server.Port} took no writes within 0 s (cluster.join_timeout): OOM").And.Not.Contain("\n"));
    }

    [Test]
    public async Task A_user_who_may_not_write_ends_the_start_at_once()
    {
        var server = await StartServerAsync();
        await server.ExecuteAsync("ACL", "SETUSER", "reader", "on", ">secret", "~*", "+@read", "+@connection", "+info");

        var error = await Assert.ThrowsAsync<ClusterException>(
            () => Create($"127.0.0.1:{server.Port},user=reader,password=secret", Deadline).StartAsync(CancellationToken.None));

        Assert.That(error!.Message, Does.StartWith($"cluster.redis: Redis at 127.0.0.1:{server.Port} does not let this process in: NOPERM").And.Not.Contain("secret"));
    }

    [Test]
    public async Task What_failed_in_Redis_after_that_is_told_in_one_line_as_well()
    {
        var server = await StartServerAsync();
        var redis = Create($"127.0.0.1:{server.Port}", Deadline);
        await redis.StartAsync(CancellationToken.None);
        await server.ExecuteAsync("CONFIG SET maxmemory 1");

        var error = await Assert.ThrowsAsync<RedisServerException>(() => redis.Connection.GetDatabase().StringSetAsync("a", 1));

        Assert.That(StartFailure.Describe(new OrleansException("wrapped", error!)), Has.One.StartsWith("cluster.redis: Redis failed during the start: OOM"));
    }

    [Test]
    public async Task Writes_go_on_at_the_other_server_of_a_list_when_the_roles_are_swapped()
    {
        var (one, other) = await StartPairAsync();
        var redis = await StartAsync($"127.0.0.1:{one.Port},127.0.0.1:{other.Port}");

        await SwapAsync(one, other);
        await WritesGoOnAsync(redis);

        await SwapAsync(other, one);
        await WritesGoOnAsync(redis);
        Assert.That(_log.Lines.Count(line => line.Contains("takes no writes", StringComparison.Ordinal)), Is.LessThanOrEqualTo(2), "one line for each time");
    }

    [Test]
    public async Task Writes_go_on_when_a_name_comes_to_mean_another_server()
    {
        var (one, other) = await StartPairAsync();
        await using var name = new Forwarder { Port = one.Port };
        var redis = await StartAsync($"127.0.0.1:{name.ListenPort}");

        name.Port = other.Port; // Connections that stand stay where they are, as with a Service of Kubernetes.
        await SwapAsync(one, other);

        await WritesGoOnAsync(redis);
        await HoldsAsync(() => _log.Lines.Any(line => line.EndsWith("takes writes again", StringComparison.Ordinal)));
    }

    [Test]
    public async Task Writes_go_on_at_the_server_that_sentinels_choose()
    {
        var (one, other) = await StartPairAsync();
        var sentinel = new RedisServerProcess();
        _servers.Add(sentinel);
        await sentinel.StartSentinelAsync(one.Port);
        var redis = await StartAsync($"127.0.0.1:{sentinel.Port},serviceName=main");

        // It takes a few seconds to hear of the replica.
        await HoldsAsync(async () => (await sentinel.AskAsync("SENTINEL FAILOVER main")).StartsWith("+OK", StringComparison.Ordinal));
        await HoldsAsync(async () => (await other.ExecuteAsync("ROLE"))[0].ToString() == "master");

        await WritesGoOnAsync(redis);
        await HoldsAsync(async () =>
        {
            await redis.Connection.GetDatabase().StringSetAsync("after", 1);
            return (await other.ExecuteAsync("GET", "after")).ToString() == "1";
        });
    }

    private static async Task WritesGoOnAsync(ClusterRedis redis) => await HoldsAsync(async () =>
    {
        await redis.Connection.GetDatabase().StringSetAsync("a", 1);
        return true;
    });

    private static async Task SwapAsync(RedisServerProcess master, RedisServerProcess replica)
    {
        await replica.ExecuteAsync("REPLICAOF NO ONE");
        await master.ExecuteAsync("REPLICAOF", "127.0.0.1", replica.Port);
    }

    private async Task<(RedisServerProcess One, RedisServerProcess Other)> StartPairAsync()
    {
        var (one, other) = (await StartServerAsync(), await StartServerAsync());
        await other.ExecuteAsync("REPLICAOF", "127.0.0.1", one.Port);
        await HoldsAsync(async () => (await other.ExecuteAsync("ROLE"))[3].ToString() == "connected");
        return (one, other);
    }

    private async Task<RedisServerProcess> StartServerAsync()
    {
        var server = new RedisServerProcess();
        _servers.Add(server);
        await server.StartAsync();
        return server;
    }

    private async Task<ClusterRedis> StartAsync(string connection)
    {
        var redis = Create(connection, Deadline);
        await redis.StartAsync(CancellationToken.None).WaitAsync(Deadline);
        return redis;
    }

    private ClusterRedis Create(string connection, TimeSpan patience)
    {
        var redis = new ClusterRedis(RedisServer.Find(new ClusteringOptions { Redis = connection }, new RedisOptions())!, "probe", patience, _log);
        _clients.Add(redis);
        return redis;
    }

    private static Task HoldsAsync(Func<bool> condition) => HoldsAsync(() => Task.FromResult(condition()));

    // What throws does not hold yet.
    private static async Task HoldsAsync(Func<Task<bool>> condition)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if (await condition())
                {
                    return;
                }

                Assert.That(waited.Elapsed, Is.LessThan(Deadline));
            }
            catch (RedisException) when (waited.Elapsed < Deadline)
            {
                // Asked again.
            }

            await Task.Delay(50);
        }
    }

    // Hands connections on to a port that can be changed for those that come later.
    private sealed class Forwarder : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _accepting;

        public Forwarder()
        {
            _listener.Start();
            _accepting = AcceptAsync();
        }

        public int Port { get; set; }

        public int ListenPort => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public async ValueTask DisposeAsync()
        {
            _listener.Dispose();
            await _accepting;
        }

        private static async Task CopyAsync(TcpClient from, TcpClient to)
        {
            try
            {
                await from.GetStream().CopyToAsync(to.GetStream());
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
            {
                // One of the two has hung up.
            }

            from.Dispose();
            to.Dispose();
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    var client = await _listener.AcceptTcpClientAsync();
                    var server = new TcpClient();
                    await server.ConnectAsync(IPAddress.Loopback, Port);
                    _ = CopyAsync(client, server);
                    _ = CopyAsync(server, client);
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // The end of the test.
            }
        }
    }

    private sealed class RedisServerProcess : IAsyncDisposable
    {
        private readonly string _directory = Directory.CreateTempSubdirectory("frontier-redis-").FullName;
        private Process? _process;

        public RedisServerProcess()
        {
            using var free = new TcpListener(IPAddress.Loopback, 0);
            free.Start();
            Port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        public int Port { get; }

        private string PortText => Port.ToString(CultureInfo.InvariantCulture);

        // Returns when it listens, which is before it has loaded what it keeps.
        public Task StartAsync(params string[] more) => RunAsync(
            ["--port", PortText, "--bind", "127.0.0.1", "--dir", _directory, "--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0", .. more]);

        public async Task StartSentinelAsync(int master)
        {
            var file = Path.Combine(_directory, "sentinel.conf");
            await File.WriteAllTextAsync(
                file, string.Create(CultureInfo.InvariantCulture, $"port {Port}\nbind 127.0.0.1\ndir {_directory}\nsentinel monitor main 127.0.0.1 {master} 1\n"));
            await RunAsync([file, "--sentinel"]);
        }

        // One argument is a whole line.
        public async Task<RedisResult> ExecuteAsync(string command, params object[] arguments)
        {
            var words = arguments.Length > 0 ? [command] : command.Split(' ');
            var options = ConfigurationOptions.Parse($"127.0.0.1:{PortText},allowAdmin=true");
            await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
            return await connection.GetServer("127.0.0.1", Port).ExecuteAsync(words[0], [.. words.Skip(1), .. arguments]);
        }

        // For a sentinel, which takes few of the commands that a client begins with.
        public async Task<string> AskAsync(string line)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{line}\r\n"));
            using var reader = new StreamReader(client.GetStream());
            return await reader.ReadLineAsync() ?? "";
        }

        public async Task KillAsync()
        {
            if (_process is { } process)
            {
                _process = null;
                process.Kill();
                await process.WaitForExitAsync();
                process.Dispose();
            }
        }

        public async ValueTask DisposeAsync()
        {
            await KillAsync();
            Directory.Delete(_directory, recursive: true);
        }

        private async Task RunAsync(IEnumerable<string> arguments)
        {
            _process = Process.Start(new ProcessStartInfo("redis-server", arguments) { RedirectStandardOutput = true })!;
            _process.OutputDataReceived += (_, _) => { };
            _process.BeginOutputReadLine();
            using var deadline = new CancellationTokenSource(Deadline);
            while (true)
            {
                using var socket = new TcpClient();
                try
                {
                    await socket.ConnectAsync(IPAddress.Loopback, Port, deadline.Token);
                    return;
                }
                catch (SocketException)
                {
                    await Task.Delay(20, deadline.Token);
                }
            }
        }
    }

    private sealed class RecordingLogger : ILogger<ClusterRedis>
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));
    }
}
