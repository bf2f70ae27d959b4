using System.Globalization;
using Frontier.Benchmarks;
using Frontier.Gateway.Tests.Support;
using Frontier.GrainInterfaces;

namespace Frontier.Gateway.Tests.Cluster;

/// <summary>
/// The silo is lost in the middle of what peers ask for: whatever way it goes, each is answered, once, and the next one goes through when the silo is back.
/// What the silo does is played by fake grains: it hangs, it dies under a call, it is not there at all.
/// </summary>
[TestFixture]
internal sealed class LostSiloTests
{
    private static readonly TopicRules Kept = new() { Retention = [new RetentionRule("kept/#", TimeSpan.FromHours(1), 100)] };
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    /// <summary>What the cluster does to a call.</summary>
    public enum Trouble
    {
        /// <summary>No process has the grain's class: looking the grain up throws.</summary>
        NoSilo,

        /// <summary>The silo died with the call.</summary>
        Killed,

        /// <summary>The call throws what nobody foresees.</summary>
        Unforeseen,

        /// <summary>The silo does not answer.</summary>
        Hangs,
    }

    [Test]
    public async Task Messages_for_a_kept_topic_are_answered_and_the_next_ones_taken_when_the_silo_is_back([Values] Trouble trouble)
    {
        await using var gateway = await SoloGateway.StartAsync(Kept);
        var edge = gateway.ConnectEdge();
        var hanging = Break(gateway, trouble, nameof(ITopicGrain.PublishBatchAsync));
        var lost = edge.Publish(Enumerable.Repeat("kept/a", 20), Short);
        Assert.That(Answers(edge, lost), Is.All.Not.Empty, "each is answered with an error");

        Mend(gateway, hanging);

        Assert.That(Answers(edge, edge.Publish(Enumerable.Repeat("kept/a", 20))), Is.All.Empty, "the topic's pump has survived");
    }

    [Test]
    public async Task Messages_for_a_queue_are_answered_and_the_next_ones_taken_when_the_silo_is_back([Values] Trouble trouble)
    {
        await using var gateway = await SoloGateway.StartAsync(queues: ["orders"]);
        var edge = gateway.ConnectEdge();
        var hanging = Break(gateway, trouble, nameof(ITopicGrain.PublishBatchAsync));
        var lost = edge.Publish(Enumerable.Repeat("orders", 20), Short);
        Assert.That(Answers(edge, lost), Is.All.Not.Empty);

        Mend(gateway, hanging);

        Assert.That(Answers(edge, edge.Publish(Enumerable.Repeat("orders", 20))), Is.All.Empty);
    }

    [Test]
    public async Task A_message_that_is_to_wait_for_an_offline_edge_is_answered([Values] Trouble trouble)
    {
        await using var gateway = await SoloGateway.StartAsync(keepsForEdges: true);
        var service = gateway.ConnectService(isExtended: true);
        var hanging = Break(gateway, trouble, nameof(IEdgeMailGrain.PublishAsync));
        byte[] mail = [0, 0, 0, 0, 0, 0, 39, 16, 0, 0, 1]; // For 10 s, without a topic.
        Assert.That(service.AnswerTo(service.Call("keep_for_edge", mail, FrameTemplates.Id(7), Short)), Is.Not.Empty);

        gateway.Grains.Answers[nameof(IEdgeMailGrain.PublishAsync)] = (_, _) => Task.FromResult("");
        Mend(gateway, hanging, nameof(IEdgeMailGrain.PublishAsync));

        Assert.That(service.AnswerTo(service.Call("keep_for_edge", mail, FrameTemplates.Id(7))), Is.Empty);
    }

    [Test]
    public async Task A_call_to_an_edge_elsewhere_is_answered([Values] Trouble trouble)
    {
        await using var gateway = await SoloGateway.StartAsync();
        var service = gateway.ConnectService();
        Break(gateway, trouble, nameof(IEdgeGrain.LocateAsync));

        Assert.That(service.AnswerTo(service.Call("reboot", [], FrameTemplates.Id(7), Short)), Is.Not.Empty);
    }

    [Test]
    public async Task A_login_ends_with_an_answer([Values] Trouble trouble)
    {
        await using var gateway = await SoloGateway.StartAsync(limits: new LimitOptions { HandshakeTimeout = Short });
        Break(gateway, trouble, nameof(IEdgeGrain.ClaimAsync));

        Assert.That(gateway.BeginEdge().ReadConnAck().Accepted, Is.False);
        Assert.That(gateway.BeginService("a").ReadConnAck().Accepted, Is.False);
    }

    [Test]
    public async Task A_service_is_let_in_although_the_catalog_cannot_be_reached_and_the_copy_heals_afterwards([Values] Trouble trouble)
    {
        var synced = 0;
        await using var gateway = await SoloGateway.StartAsync(limits: new LimitOptions { HandshakeTimeout = TimeSpan.FromSeconds(2) });
        var hanging = Break(gateway, trouble, nameof(IServiceCatalogGrain.SyncAsync));

        Assert.That(gateway.BeginService("a").ReadConnAck().Accepted, "the edges of this gateway are served");

        Mend(gateway, hanging, nameof(IServiceCatalogGrain.SyncAsync), (_, _) =>
        {
            Interlocked.Increment(ref synced);
            return default(ValueTask<CatalogSnapshot?>);
        });
        gateway.Catalog.Wake();
        Assert.That(SpinWait.SpinUntil(() => Volatile.Read(ref synced) > 0, TimeSpan.FromSeconds(30)), "the loop has survived");
    }

    [Test]
    public async Task While_a_batch_is_under_way_that_its_edges_gave_up_on_nothing_overtakes_it_and_its_bytes_count()
    {
        await using var gateway = await SoloGateway.StartAsync(Kept);
        var edge = gateway.ConnectEdge();
        var batches = new List<TopicBatch>();
        var first = new TaskCompletionSource<TopicBatchResult>();
        gateway.Grains.Answers[nameof(ITopicGrain.PublishBatchAsync)] = (_, arguments) =>
        {
            lock (batches)
            {
                batches.Add((TopicBatch)arguments[0]!);
                return batches.Count == 1 ? first.Task : Task.FromResult(default(TopicBatchResult));
            }
        };
        Assert.That(edge.AnswerTo(edge.Publish(["kept/a"], Short)[0]), Is.EqualTo(FrontierErrorText.Timeout));
        var next = edge.Publish(["kept/a"]);
        var late = edge.Publish(["kept/a"], Short);

        Assert.That(edge.AnswerTo(late[0]), Is.EqualTo(FrontierErrorText.Timeout), "those that wait behind it keep their own time");
        Assert.That(batches, Has.Count.EqualTo(1));
        Assert.That(gateway.Core.TopicLanes.ReservedBytes, Is.EqualTo(2 * "payload".Length), "what Orleans holds, and what waits; not what was given up before it was sent");

        first.SetResult(default);
        Assert.That(edge.AnswerTo(next[0]), Is.Empty);
        Assert.That(batches.Select(batch => batch.Messages.Count), Is.EqualTo(new[] { 1, 1 }));
        Assert.That(SpinWait.SpinUntil(() => gateway.Core.TopicLanes.ReservedBytes == 0, TimeSpan.FromSeconds(30)));
    }

    private static string[] Answers(SoloPeer peer, ulong[] packetIds) => [.. packetIds.Select(peer.AnswerTo)];

    private static TaskCompletionSource Break(SoloGateway gateway, Trouble trouble, string method)
    {
        var hanging = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (trouble == Trouble.NoSilo)
        {
            gateway.Grains.OnFind = grain =>
            {
                if (grain.GetMethod(method) is not null)
                {
                    throw FakeGrains.WithoutSilo(grain);
                }
            };
            return hanging;
        }

        gateway.Grains.Answers[method] = (_, _) => trouble switch
        {
            Trouble.Killed => throw new SiloUnavailableException("it died"),
            Trouble.Unforeseen => throw new InvalidOperationException("nobody thought of this"),
            _ => Hang(method, hanging.Task),
        };
        return hanging;
    }

    // A call that hangs ends when Orleans knows that its silo is gone.
    private static void Mend(SoloGateway gateway, TaskCompletionSource hanging, string method = "", Func<object, object?[], object?>? answer = null)
    {
        gateway.Grains.OnFind = _ => { };
        if (answer is not null)
        {
            gateway.Grains.Answers[method] = answer;
        }
        else if (method.Length == 0)
        {
            gateway.Grains.Answers.Clear();
        }

        hanging.TrySetException(new SiloUnavailableException("it is gone"));
    }

    private static object Hang(string method, Task until) => method switch
    {
        nameof(ITopicGrain.PublishBatchAsync) => Until<TopicBatchResult>(until),
        nameof(IEdgeMailGrain.PublishAsync) => Until<string>(until),
        nameof(IEdgeGrain.LocateAsync) => new ValueTask<SessionLocation?>(Until<SessionLocation?>(until)),
        nameof(IEdgeGrain.ClaimAsync) => new ValueTask<SessionClaim>(Until<SessionClaim>(until)),
        nameof(IServiceCatalogGrain.SyncAsync) => new ValueTask<CatalogSnapshot?>(Until<CatalogSnapshot?>(until)),
        _ => throw new ArgumentOutOfRangeException(nameof(method), method, string.Create(CultureInfo.InvariantCulture, $"not known: {method}")),
    };

    private static async Task<T> Until<T>(Task until)
    {
        await until;
        throw new InvalidOperationException("it never succeeds");
    }
}
