using System.Text;
using Frontier.Cluster.Tests.Support;

namespace Frontier.Cluster.Tests.Topics;

/// <summary>Messages that are kept for later, in a cluster whose processes die.</summary>
[TestFixture, NonParallelizable]
internal sealed class RetentionTests
{
    private const int Count = 50;

    private FrontierCluster _cluster = null!;

    [SetUp]
    public async Task CreateAsync()
    {
        var redis = RedisProcess.Create(keepsData: true);
        await redis.StartAsync();
        _cluster = await FrontierCluster.CreateAsync(
            redis, ("topics:filters", "true"), ("topics:retain:0:topic", "kept/#"), ("topics:retain:0:lifetime", "10m"), ("edges:retain", "true"));
    }

    [TearDown]
    public async Task DisposeAsync()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed)
        {
            _cluster.PrintLogs();
        }

        await _cluster.DisposeAsync();
    }

    [TestCase("kept/a")]
    [TestCase("kept/+")]
    public async Task They_outlive_the_process_that_kept_them(string name)
    {
        var topic = name.Replace('+', 'b');
        var gateway = (await _cluster.StartAsync(1)).Single();
        await using (var edge = await gateway.ConnectEdgeAsync())
        {
            for (var i = 0; i < Count; i++)
            {
                await edge.PublishAsync(topic, Encoding.UTF8.GetBytes($"{i}")).AsTask().InTime();
            }
        }

        await _cluster.Processes[0].KillAsync();
        await _cluster.StartSiloAsync();
        await using var service = await gateway.ConnectServiceAsync("late", [name]);
        var received = new List<FrontierMessage>();
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await foreach (var message in service.ReceiveAsync(deadline.Token))
        {
            received.Add(message);
            await message.AckAsync();
            if (received.DistinctBy(known => known.Id).Count() == Count)
            {
                break;
            }
        }

        Assert.That(
            received.DistinctBy(message => message.Id).Select(message => Encoding.UTF8.GetString(message.Payload.Span)),
            Is.EqualTo(Enumerable.Range(0, Count).Select(i => $"{i}")));
    }

    [Test]
    public async Task Messages_that_wait_for_an_edge_outlive_the_process_that_kept_them_and_their_sender_hears_of_them()
    {
        const ulong EdgeId = 7001;
        var gateway = (await _cluster.StartAsync(1)).Single();
        await using var service = await gateway.ConnectServiceAsync("sender");
        var reports = new System.Collections.Concurrent.ConcurrentDictionary<string, EdgeMessageOutcome>();
        await service.OnEdgeMessageOutcomeAsync((report, _) =>
        {
            reports[report.Id] = report.Outcome;
            return ValueTask.CompletedTask;
        });
        var ids = new List<string>();
        for (var i = 0; i < Count; i++)
        {
            ids.Add((await service.PublishOrKeepAsync(EdgeId, "news", Encoding.UTF8.GetBytes($"{i}"), TimeSpan.FromMinutes(10)).InTime()).Id);
        }

        await _cluster.Processes[0].KillAsync();
        await _cluster.StartSiloAsync();
        await using var edge = await gateway.ConnectEdgeAsync(EdgeId);
        var received = new List<FrontierMessage>();
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await foreach (var message in edge.ReceiveAsync(deadline.Token))
        {
            received.Add(message);
            await message.AckAsync();
            if (received.DistinctBy(known => known.Id).Count() == Count)
            {
                break;
            }
        }

        Assert.That(received.DistinctBy(message => message.Id).Select(message => message.Id), Is.EqualTo(ids));
        await Eventually.HoldsAsync(() => ids.TrueForAll(id => reports.GetValueOrDefault(id) == EdgeMessageOutcome.Delivered), "their sender knows it");
    }

    [Test]
    public async Task Without_the_server_that_keeps_them_the_edge_is_told_and_afterwards_all_is_well()
    {
        var gateway = (await _cluster.StartAsync(1)).Single();
        await using var edge = await gateway.ConnectEdgeAsync();
        await edge.PublishAsync("kept/a", "1"u8.ToArray()).AsTask().InTime();

        await _cluster.Redis.StopAsync();
        var error = await Assert.ThrowsAsync<FrontierException>(() => edge.PublishAsync("kept/a", "2"u8.ToArray()).AsTask().InTime());
        await _cluster.Redis.StartAsync();

        Assert.That(error!.Code, Is.EqualTo(FrontierErrorCode.QueueUnavailable));
        await Eventually.SucceedsAsync(
            async () =>
            {
                await edge.PublishAsync("kept/a", "3"u8.ToArray());
                return true;
            },
            "messages are kept again");
    }
}
