using Frontier.Gateway.Tests.Support;
using Frontier.GrainInterfaces;

namespace Frontier.Gateway.Tests.Topics;

/// <summary>Messages for topics that nobody takes: refused cheaply, but never when a service has just been told that it is online.</summary>
[TestFixture]
internal sealed class UnknownTopicTests
{
    private const int Count = 5000;

    [Test]
    public async Task Invented_names_are_refused_with_one_question_for_many_and_no_grain_of_their_own()
    {
        await using var gateway = await StartAsync(new Catalog());
        var edge = gateway.ConnectEdge();
        var before = gateway.Grains.Calls.Count;

        var sent = edge.Publish(Enumerable.Range(0, Count).Select(i => $"invented/{i}"));
        string[] answers = [.. sent.Select(edge.AnswerTo)];

        Assert.That(answers, Is.All.EqualTo(FrontierErrorText.TopicNotOnline));
        var calls = gateway.Grains.Calls.Skip(before).ToList();
        Assert.That(calls.Select(call => call.Grain), Has.None.EqualTo(nameof(ITopicGrain)));
        Assert.That(calls, Has.Count.LessThan(Count / 20));
        Assert.That(SpinWait.SpinUntil(() => gateway.Core.TopicLanes.ReservedBytes == 0, TimeSpan.FromSeconds(30)), "nothing of them stays");
    }

    [Test]
    public async Task A_service_elsewhere_of_which_no_push_has_told_yet_is_found()
    {
        var catalog = new Catalog();
        await using var gateway = await StartAsync(catalog);
        var edge = gateway.ConnectEdge();
        catalog.Add("new/topic");

        Assert.That(edge.AnswerTo(edge.Publish(["new/topic"])[0]), Is.Empty);
        Assert.That(gateway.Grains.Calls.Select(call => call.Key), Has.One.EqualTo("new/topic"), "through the topic's grain, once");
    }

    [Test]
    public async Task While_the_catalog_does_not_answer_a_topics_grain_is_asked_and_only_so_many_at_a_time()
    {
        var catalog = new Catalog();
        await using var gateway = await StartAsync(catalog);
        var edge = gateway.ConnectEdge();
        var grains = new TaskCompletionSource();
        var asked = 0;
        gateway.Grains.Answers[nameof(ITopicGrain.PublishAsync)] = (_, _) =>
        {
            Interlocked.Increment(ref asked);
            return grains.Task;
        };
        catalog.IsThere = false;

        var sent = edge.Publish(Enumerable.Range(0, Count).Select(i => $"invented/{i}"));
        var refused = sent.Skip(UnknownTopics.MaxAsking).Select(edge.AnswerTo).ToList();
        grains.SetResult();
        var taken = sent.Take(UnknownTopics.MaxAsking).Select(edge.AnswerTo).ToList();

        Assert.That(refused, Is.All.EqualTo(FrontierErrorText.SlowConsumer));
        Assert.That(taken, Is.All.Empty);
        Assert.That(asked, Is.EqualTo(UnknownTopics.MaxAsking));
    }

    [Test]
    public async Task A_catalog_in_the_first_seconds_of_a_new_life_is_not_believed_that_there_is_nobody()
    {
        var catalog = new Catalog();
        await using var gateway = await StartAsync(catalog);
        var edge = gateway.ConnectEdge();
        catalog.BeginAnew();

        Assert.That(edge.AnswerTo(edge.Publish(["known/to/its/grain"])[0]), Is.Empty);
    }

    private static async Task<SoloGateway> StartAsync(Catalog catalog)
    {
#pragma warning disable CA2012 // Whoever asks the grain awaits it, once.
        var gateway = await SoloGateway.StartAsync(cluster: grains => grains.Answers[nameof(IServiceCatalogGrain.SyncAsync)] = (_, _) => catalog.Sync());
#pragma warning restore CA2012
        gateway.Clock.Skip(CatalogSync.RebuildTime);
        return gateway;
    }

    /// <summary>The catalog as this gateway sees it.</summary>
    private sealed class Catalog
    {
        private readonly List<CatalogEntry> _entries = [];
        private CatalogVersion _version = new(1, 1);

        public bool IsThere { get; set; } = true;

        public ValueTask<CatalogSnapshot?> Sync() =>
            IsThere ? new ValueTask<CatalogSnapshot?>(new CatalogSnapshot(_version, [.. _entries])) : throw new SiloUnavailableException("it is away");

        public void Add(string topic)
        {
            _entries.Add(new CatalogEntry(9, 1, "elsewhere", "service", [], [topic]));
            _version = _version with { Number = _version.Number + 1 };
        }

        public void BeginAnew() => _version = new CatalogVersion(_version.Incarnation + 1, 1);
    }
}
