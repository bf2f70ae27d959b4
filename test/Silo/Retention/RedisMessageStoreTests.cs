using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Frontier.GrainInterfaces;
using StackExchange.Redis;

namespace Frontier.Silo.Tests;

/// <summary>Messages kept in a real Redis server.</summary>
public sealed class RedisMessageStoreTests
{
    private static readonly RetentionRule Rule = new("#", TimeSpan.FromMinutes(1), 3);
    private static readonly StoreLimits Limits = new(1 << 20, 100);

    private Process _server = null!;
    private ConnectionMultiplexer _redis = null!;
    private RedisMessageStore _store = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        int port;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        var portText = port.ToString(CultureInfo.InvariantCulture);
        _server = Process.Start(new ProcessStartInfo("redis-server", ["--port", portText, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        {
            RedirectStandardOutput = true,
        })!;
        _server.OutputDataReceived += (_, _) => { };
        _server.BeginOutputReadLine();
        var options = ConfigurationOptions.Parse($"127.0.0.1:{portText}");
        options.ConnectRetry = 100;
        options.AbortOnConnectFail = false;
        options.AllowAdmin = true;
        _redis = await ConnectionMultiplexer.ConnectAsync(options);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!_redis.IsConnected)
        {
            await Task.Delay(20, deadline.Token);
        }
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _redis.DisposeAsync();
        _server.Kill();
        await _server.WaitForExitAsync();
        _server.Dispose();
    }

    [SetUp]
    public void Create() => _store = new RedisMessageStore(() => _redis, $"test-{Guid.NewGuid():N}", Limits);

    [Test]
    public async Task What_was_added_is_read_in_its_order_until_it_is_removed()
    {
        await _store.AppendAsync(Rule, "größe/a", [Message("a"), Message("b")]);
        await _store.AppendAsync(Rule, "größe/a", [Message("c")]);

        var entries = await _store.ReadAsync(Rule, "größe/a", 2);
        Assert.That(entries.Select(entry => entry.Message.Id), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(entries[0].Message.EdgeId, Is.EqualTo(ulong.MaxValue));
        Assert.That(Encoding.UTF8.GetString(entries[0].Message.Payload.Span), Is.EqualTo("payload of a"));
        Assert.That(entries[0].Message.Custom.ToArray(), Is.EqualTo(new byte[] { 0, 255 }));

        await _store.RemoveAsync("größe/a", [entries[0].Place]);
        Assert.That(await IdsAsync("größe/a"), Is.EqualTo(new[] { "b", "c" }));
        Assert.That(await IdsAsync("other"), Is.Empty);
    }

    [Test]
    public async Task Beyond_its_room_a_topic_takes_only_the_first_ones()
    {
        Assert.That(Counts(await _store.AppendAsync(Rule, "t", [Message("a"), Message("b"), Message("c"), Message("d")])), Is.EqualTo((3, false)));
        Assert.That(Counts(await _store.AppendAsync(Rule, "t", [Message("e")])), Is.EqualTo((0, false)));
        Assert.That(await IdsAsync("t"), Is.EqualTo(new[] { "a", "b", "c" }));
    }

    [Test]
    public async Task What_is_too_old_is_not_read_and_makes_room()
    {
        var brief = Rule with { Lifetime = TimeSpan.FromMilliseconds(1) };
        await _store.AppendAsync(Rule, "t", [Message("a"), Message("b"), Message("c")]);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await _store.ReadAsync(brief, "t", 10)).Count > 0)
        {
            deadline.Token.ThrowIfCancellationRequested();
        }

        Assert.That(Counts(await _store.AppendAsync(Rule, "t", [Message("d")])), Is.EqualTo((1, false)));
        Assert.That(await IdsAsync("t"), Is.EqualTo(new[] { "d" }));
    }

    [Test]
    public async Task A_topics_messages_are_gone_from_the_server_after_their_lifetime_even_when_nobody_looks()
    {
        var prefix = $"test-{Guid.NewGuid():N}";
        await new RedisMessageStore(() => _redis, prefix, Limits).AppendAsync(Rule, "t", [Message("a")]);

        var left = await _redis.GetDatabase().KeyTimeToLiveAsync($"{{{prefix}}}:retained:t");

        Assert.That(left, Is.GreaterThan(TimeSpan.Zero).And.LessThanOrEqualTo(Rule.Lifetime));
    }

    [Test]
    public async Task Topics_with_messages_are_listed_until_they_are_forgotten()
    {
        await _store.AppendAsync(Rule, "t", [Message("a")]);
        await _store.AppendAsync(Rule, "u", [Message("b")]);
        Assert.That(await _store.ListAsync(), Is.EquivalentTo(new[] { "t", "u" }));

        await _store.ForgetAsync("t");
        Assert.That(await _store.ListAsync(), Is.EquivalentTo(new[] { "t", "u" }), "it has a message");
        await _store.RemoveAsync("t", [(await _store.ReadAsync(Rule, "t", 1))[0].Place]);
        await _store.ForgetAsync("t");
        Assert.That(await _store.ListAsync(), Is.EqualTo(new[] { "u" }));
    }

    [Test]
    public async Task A_server_that_cannot_be_reached_is_an_error_with_a_code()
    {
        var options = ConfigurationOptions.Parse("127.0.0.1:1,abortConnect=false,connectTimeout=200,connectRetry=1,asyncTimeout=200");
        await using var nowhere = await ConnectionMultiplexer.ConnectAsync(options);
        var store = new RedisMessageStore(() => nowhere, "test", Limits);

        var error = await Assert.ThrowsAsync<FrontierException>(() => store.AppendAsync(Rule, "t", [Message("a")]));

        Assert.That((error!.Code, error.Message), Is.EqualTo((FrontierErrorCode.QueueUnavailable, "queue not available")));
    }

    [Test]
    public async Task All_topics_of_all_processes_together_have_a_bound_in_bytes_and_what_is_removed_or_expires_makes_room()
    {
        var two = new StoreLimits((2 * StoreLimits.MessageOverhead) + 100, 100);
        var prefix = $"test-{Guid.NewGuid():N}";
        var store = new RedisMessageStore(() => _redis, prefix, two);
        var other = new RedisMessageStore(() => _redis, prefix, two);
        Assert.That(Counts(await store.AppendAsync(Rule, "t", [Message("a")])), Is.EqualTo((1, false)));
        Assert.That(Counts(await other.AppendAsync(Rule, "u", [Message("b"), Message("c")])), Is.EqualTo((1, true)));
        Assert.That(Counts(await store.AppendAsync(Rule, "t", [Message("d")])), Is.EqualTo((0, true)));

        await store.RemoveAsync("u", [(await store.ReadAsync(Rule, "u", 1))[0].Place]);
        Assert.That(Counts(await other.AppendAsync(Rule, "t", [Message("e")])), Is.EqualTo((1, false)));
        var brief = Rule with { Lifetime = TimeSpan.FromMilliseconds(1) };
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await store.ReadAsync(brief, "t", 10)).Count > 0)
        {
            deadline.Token.ThrowIfCancellationRequested();
        }

        Assert.That(Counts(await other.AppendAsync(Rule, "u", [Message("f"), Message("g")])), Is.EqualTo((2, false)));
    }

    [Test]
    public async Task So_many_topics_have_messages_and_one_that_is_forgotten_makes_room_for_another()
    {
        var store = new RedisMessageStore(() => _redis, $"test-{Guid.NewGuid():N}", new StoreLimits(1 << 20, 2));
        await store.AppendAsync(Rule, "t", [Message("a")]);
        await store.AppendAsync(Rule, "u", [Message("b")]);
        Assert.That(Counts(await store.AppendAsync(Rule, "v", [Message("c")])), Is.EqualTo((0, true)));
        Assert.That(Counts(await store.AppendAsync(Rule, "t", [Message("d")])), Is.EqualTo((1, false)));

        await store.RemoveAsync("u", [(await store.ReadAsync(Rule, "u", 1))[0].Place]);
        await store.ForgetAsync("u");
        Assert.That(Counts(await store.AppendAsync(Rule, "v", [Message("c")])), Is.EqualTo((1, false)));
    }

    [Test]
    public async Task A_box_that_the_server_forgot_by_itself_is_not_counted_for_ever()
    {
        var prefix = $"test-{Guid.NewGuid():N}";
        var store = new RedisMessageStore(() => _redis, prefix, new StoreLimits(StoreLimits.MessageOverhead + 50, 2));
        await store.AppendAsync(Rule, "t", [Message("a")]);
        await _redis.GetDatabase().KeyDeleteAsync($"{{{prefix}}}:retained:t");

        await store.ForgetAsync("t");

        Assert.That(Counts(await store.AppendAsync(Rule, "u", [Message("b")])), Is.EqualTo((1, false)));
    }

    [Test, NonParallelizable]
    public async Task A_server_without_memory_refuses_with_a_reason_of_its_own_and_can_be_emptied()
    {
        await _store.AppendAsync(Rule, "t", [Message("a"), Message("b")]);
        var server = _redis.GetServers().Single();
        await server.ConfigSetAsync("maxmemory", "1");
        try
        {
            var error = await Assert.ThrowsAsync<FrontierException>(() => _store.AppendAsync(Rule, "t", [Message("c")]));
            Assert.That((error!.Code, error.Message), Is.EqualTo((FrontierErrorCode.StoreFull, "message store full")));

            var entries = await _store.ReadAsync(Rule, "t", 10);
            await _store.RemoveAsync("t", [.. entries.Select(entry => entry.Place)]);
            Assert.That(await IdsAsync("t"), Is.Empty);
            await _store.ForgetAsync("t");
            Assert.That(await _store.ListAsync(), Is.Empty);
        }
        finally
        {
            await server.ConfigSetAsync("maxmemory", "0");
        }
    }

    [Test]
    public async Task A_message_keeps_its_trace()
    {
        await _store.AppendAsync(Rule, "t", [Message("a") with { Trace = new byte[] { 1, 2, 3 } }]);
        Assert.That((await _store.ReadAsync(Rule, "t", 1))[0].Message.Trace.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
    }

    private static StoredMessage Message(string id) => new(id, ulong.MaxValue, Encoding.UTF8.GetBytes($"payload of {id}"), new byte[] { 0, 255 });

    private async Task<IEnumerable<string>> IdsAsync(string topic) => (await _store.ReadAsync(Rule, topic, 10)).Select(entry => entry.Message.Id);

    private static (int Stored, bool IsStoreFull) Counts(AppendResult result) => (result.Stored, result.IsStoreFull);
}
