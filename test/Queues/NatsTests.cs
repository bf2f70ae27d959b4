using System.Globalization;
using System.Text;
using Frontier.Queues.Tests.Backends;
using Frontier.Queues.Tests.Support;

namespace Frontier.Queues.Tests;

/// <summary>What only NATS has: clusters that announce their members, tokens in addresses, permissions.</summary>
internal sealed class NatsTests
{
    private const string Topic = "plant.telemetry";

    [Test]
    public async Task A_member_that_only_the_server_announced_takes_over_when_the_server_is_killed()
    {
        var (firstRoutes, secondRoutes) = (ServerProcess.FreePort(), ServerProcess.FreePort());
        await using var first = Member(firstRoutes, secondRoutes);
        await using var second = Member(secondRoutes, firstRoutes);
        await first.StartAsync(async () => await ServerProcess.ConnectsAsync(first.Port));
        await second.StartAsync(async () => await ServerProcess.ConnectsAsync(second.Port));
        using var subscriber = await NatsTestClient.ConnectAsync(second.Port);
        await subscriber.SendAsync($"SUB {Topic} 1\r\nPING\r\n");
        var received = new HashSet<string>();
        var reading = Task.Run(async () =>
        {
            while (true)
            {
                var text = Encoding.UTF8.GetString((await subscriber.NextAsync()).Payload);
                lock (received)
                {
                    received.Add(text);
                }
            }
        });
        await using var gateway = await TestGateway.StartAsync(Settings($"nats://127.0.0.1:{first.Port}"));
        await using var edge = await gateway.ConnectEdgeAsync();
        // The route between the two carries the subscriber's interest as soon as something has come through.
        await Eventually.HoldsAsync(
            async () =>
            {
                await edge.PublishAsync(Topic, "through"u8.ToArray()).InTime();
                return Has("through");
            },
            "messages come through from one member to the other");

        await first.KillAsync();
        for (var i = 0; i < 200; i++)
        {
            await PublishAsync($"{i}");
        }

        await Eventually.HoldsAsync(() => Task.FromResult(Enumerable.Range(0, 200).All(i => Has($"{i}"))), "every confirmed message arrives");

        bool Has(string text)
        {
            lock (received)
            {
                return received.Contains(text);
            }
        }

        // What was under way at the moment of the kill fails, for nobody knows whether it arrived; the edge sends it again.
        async Task PublishAsync(string text)
        {
            while (true)
            {
                try
                {
                    await edge.PublishAsync(Topic, Encoding.UTF8.GetBytes(text)).InTime();
                    return;
                }
                catch (FrontierException e) when (e.Code == FrontierErrorCode.QueueUnavailable)
                {
                    // Once more.
                }
            }
        }
    }

    [TestCase("nats://secret@127.0.0.1:{0}", TestName = "A_token_in_the_address_lets_in")]
    [TestCase("127.0.0.1:1,nats://secret@127.0.0.1:{0}", TestName = "The_second_address_of_one_entry_is_tried")]
    public async Task Addresses(string form)
    {
        await using var nats = new NatsQueue("secret");
        await nats.StartAsync();
        await using var gateway = await TestGateway.StartAsync(Settings(string.Format(CultureInfo.InvariantCulture, form, nats.Port)));
        await using var edge = await gateway.ConnectEdgeAsync();
        await edge.PublishAsync(Topic, "hello"u8.ToArray()).InTime();
    }

    [Test]
    public async Task A_user_and_a_password_in_the_address_let_in()
    {
        await using var nats = new NatsQueue(null, "--user", "gateway", "--pass", "p@ss");
        await nats.StartAsync();
        await using var gateway = await TestGateway.StartAsync(Settings($"nats://gateway:p%40ss@127.0.0.1:{nats.Port}"));
        await using var edge = await gateway.ConnectEdgeAsync();
        await edge.PublishAsync(Topic, "hello"u8.ToArray()).InTime();
    }

    [Test]
    public async Task A_subject_that_may_not_be_published_to_is_never_confirmed()
    {
        var folder = Directory.CreateTempSubdirectory("frontier-nats-");
        var file = Path.Combine(folder.FullName, "nats.conf");
        await File.WriteAllTextAsync(file, """
            authorization { users: [{ user: gateway, password: p, permissions: { publish: { allow: ["plant.telemetry"] } } }] }
            """);
        await using var nats = new NatsQueue(null, "-c", file);
        await nats.StartAsync();
        await using var gateway = await TestGateway.StartAsync(
            [.. Settings($"nats://gateway:p@127.0.0.1:{nats.Port}"), ("mqm:nats:producer:subjects:1", "*")]);
        await using var edge = await gateway.ConnectEdgeAsync();
        for (var i = 0; i < 50; i++)
        {
            var allowed = edge.PublishAsync(Topic, "x"u8.ToArray()).AsTask();
            var error = await Assert.ThrowsAsync<FrontierException>(async () => await edge.PublishAsync($"secret.{i}", "x"u8.ToArray()).InTime());
            Assert.That(error!.Message, Does.StartWith("Permissions Violation"));
            await allowed.InTime();
        }

        folder.Delete(recursive: true);
    }

    [TestCase("nats://a:1", "a:1")]
    [TestCase("tls://a", "a:4222 tls")]
    [TestCase("a,nats://t@b:2,tls://u:p@[::1]:3", "a:4222 | b:2 token=t | ::1:3 user=u tls")]
    public void Addresses_are_read_as_the_clients_of_NATS_do(string text, string expected) => Assert.That(
        string.Join(" | ", NatsServerAddress.ParseList(text)!.Select(server =>
            $"{server.Host}:{server.Port}"
            + (server.Token.Length > 0 ? $" token={server.Token}" : "")
            + (server.Username.Length > 0 ? $" user={server.Username}" : "")
            + (server.RequiresTls ? " tls" : ""))),
        Is.EqualTo(expected));

    [TestCase("")]
    [TestCase("a,")]
    [TestCase("http://a")]
    [TestCase("a,amqp://b")]
    [TestCase("nats://a/path")]
    public void What_is_no_address_is_refused(string text) => Assert.That(NatsServerAddress.ParseList(text), Is.Null);

    private static (string Key, string Value)[] Settings(string addresses) =>
        [("mqm:nats:enable", "true"), ("mqm:nats:addrs:0", addresses), ("mqm:nats:producer:subjects:0", Topic)];

    private static ServerProcess Member(int ownRoutes, int otherRoutes) => new("nats-server", server =>
    [
        "-a", "127.0.0.1", "-p", server.Port.ToString(CultureInfo.InvariantCulture),
        "--cluster_name", "test", "--cluster", $"nats://127.0.0.1:{ownRoutes}", "--routes", $"nats://127.0.0.1:{otherRoutes}",
    ]);
}
