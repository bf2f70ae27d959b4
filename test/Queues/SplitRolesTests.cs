using System.Text;
using Frontier.Queues.Tests.Backends;
using Frontier.Silo;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Frontier.Queues.Tests;

/// <summary>A gateway in one process and the topics in another, as in a cluster with split roles: only the latter is configured with the queue.</summary>
internal sealed class SplitRolesTests
{
    [Test]
    public async Task A_gateway_learns_from_the_catalog_which_topics_are_a_queues()
    {
        await using var redis = new RedisStreamQueue();
        await redis.StartAsync();
        (string Key, string Value)[] cluster =
        [
            ("cluster:redis", $"127.0.0.1:{redis.Port}"),
            ("cluster:listen_addr", "127.0.0.1"),
            ("cluster:cluster_id", Guid.NewGuid().ToString("N")),
        ];
        await using var silo = await StartSiloAsync([.. cluster, .. redis.Settings]);
        await using var gateway = await TestGateway.StartAsync([.. cluster, ("cluster:roles", "gateway"), ("daemon:frontier_id", "far-gateway")]);
        await using var edge = await gateway.ConnectEdgeAsync();

        // Until then the topic's grain finds the queue, and does not know the gateway.
        await Eventually.HoldsAsync(
            async () => await TryPublishAsync("warm-up") && (await redis.ReadAllAsync())[^1].Header("frontier-gateway").Length > 0,
            "the gateway has learnt of the queue");
        var acked = new List<string>();
        for (var i = 0; i < 50; i++)
        {
            var text = $"number {i}";
            await edge.PublishAsync(redis.Topic, Encoding.UTF8.GetBytes(text)).InTime();
            acked.Add(text);
        }

        var there = (await redis.ReadAllAsync()).Where(message => message.Text != "warm-up").ToArray();
        Assert.That(there.Select(message => message.Text), Is.EqualTo(acked));
        Assert.That(there.Select(message => message.Header("frontier-gateway")), Is.All.EqualTo("far-gateway"));

        async Task<bool> TryPublishAsync(string text)
        {
            try
            {
                await edge.PublishAsync(redis.Topic, Encoding.UTF8.GetBytes(text));
                return true;
            }
            catch (FrontierException e) when (e.Code is FrontierErrorCode.TopicNotOnline or FrontierErrorCode.QueueUnavailable)
            {
                return false;
            }
        }
    }

    private static async Task<WebApplication> StartSiloAsync((string Key, string Value)[] overrides)
    {
        (string Key, string Value)[] keys =
        [
            ("daemon:frontier_id", "far-silo"),
            ("cluster:roles", "silo"),
            ("controlplane:listen:addr", "127.0.0.1:0"),
            ("control_plane:listen:addr", "127.0.0.1:0"),
            ("observability:addr", "127.0.0.1:0"),
            .. overrides,
        ];
        var app = FrontierHost.Build(
            FrontierSettings.Load(new ConfigurationInputs
            {
                Environment = new Dictionary<string, string?>(),
                Overrides = keys.ToDictionary(key => key.Key, key => (string?)key.Value),
            }),
            builder => builder.Logging.ClearProviders());
        await app.StartAsync();
        return app;
    }
}
