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
    public void Create() => _store = new RedisMessageStore(() => _redis, $"test-{Guid.NewGuid():N}");

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
        Assert.That(await _store.AppendAsync(Rule, "t", [Message("a"), Message("b"), Message("c"), Message("d")]), Is.EqualTo(3));
        Assert.That(await _store.AppendAsync(Rule, "t", [Message("e")]), Is.Zero);
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

        Assert.That(await _store.AppendAsync(Rule, "t", [Message("d")]), Is.EqualTo(1));
        Assert.That(await IdsAsync("t"), Is.EqualTo(new[] { "d" }));
    }

    [Test]
    public async Task A_topics_messages_are_gone_from_the_server_after_their_lifetime_even_when_nobody_looks()
    {
        var prefix = $"test-{Guid.NewGuid():N}";
        await new RedisMessageStore(() => _redis, prefix).AppendAsync(Rule, "t", [Message("a")]);

        var left = await _redis.GetDatabase().KeyTimeToLiveAsync($"{prefix}:retained:t");

        Assert.That(left, Is.GreaterThan(TimeSpan.Zero).And.LessThanOrEqualTo(Rule.Lifetime));
    }

    [Test]
    public async Task Topics_with_messages_are_listed_until_they_are_forgotten()
    {
        await _store.AppendAsync(Rule, "t", [Message("a")]);
        await _store.AppendAsync(Rule, "u", [Message("b")]);
        Assert.That(await _store.ListAsync(), Is.EquivalentTo(new[] { "t", "u" }));

        await _store.ForgetAsync("t");
        Assert.That(await _store.ListAsync(), Is.EqualTo(new[] { "u" }));
    }

    [Test]
    public async Task A_server_that_cannot_be_reached_is_an_error_with_a_code()
    {
        var options = ConfigurationOptions.Parse("127.0.0.1:1,abortConnect=false,connectTimeout=200,connectRetry=1,asyncTimeout=200");
        await using var nowhere = await ConnectionMultiplexer.ConnectAsync(options);
        var store = new RedisMessageStore(() => nowhere, "test");

        var error = await Assert.ThrowsAsync<FrontierException>(() => store.AppendAsync(Rule, "t", [Message("a")]));

        Assert.That((error!.Code, error.Message), Is.EqualTo((FrontierErrorCode.QueueUnavailable, "queue not available")));
    }

    private static StoredMessage Message(string id) => new(id, ulong.MaxValue, Encoding.UTF8.GetBytes($"payload of {id}"), new byte[] { 0, 255 });

    private async Task<IEnumerable<string>> IdsAsync(string topic) => (await _store.ReadAsync(Rule, topic, 10)).Select(entry => entry.Message.Id);
}
