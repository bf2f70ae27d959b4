using Frontier.Grains.Catalog;
using Frontier.Grains.Topics;

namespace Frontier.Grains.Tests.Topics;

/// <summary>Who gets a message that a program publishes for a topic in which filters, groups or fan-out have a part.</summary>
[TestFixture]
internal sealed class TopicSpreadTests
{
    private static readonly TopicRules Rules = new() { HasFilters = true, HasGroups = true };

    private readonly List<ulong> _asked = [];
    private readonly List<string> _queues = [];

    [SetUp]
    public void Forget()
    {
        _asked.Clear();
        _queues.Clear();
    }

    [Test]
    public void Those_who_take_a_topic_are_found_by_name_filter_and_group_and_each_once_in_a_group()
    {
        CatalogEntry[] services =
        [
            Service(1, "a/b"), Service(2, "a/+", "a/#", "a/b"), Service(3, "$share/g/a/b", "$share/h/#"), Service(4, "a", "b", "a/b/c"), Service(5, "$share/g/+/b"),
        ];

        Assert.That(
            TopicTakers.Find(services, Rules, "a/b").Select(taker => (taker.Group, taker.ServiceId)),
            Is.EqualTo(new (string, ulong)[] { ("", 1), ("", 2), ("g", 3), ("g", 5), ("h", 3) }));
    }

    [Test]
    public void A_service_that_moves_is_found_once_by_its_newer_session()
    {
        var older = Service(1, "a") with { GatewayId = "other", Epoch = 10 };
        var newer = Service(1, "a") with { Epoch = 11 };

        Assert.That(TopicTakers.Find([older, newer], Rules, "a"), Is.EqualTo(new[] { new TopicTaker("", 1, 11) }));
    }

    [Test]
    public async Task One_of_those_who_share_it_gets_it_and_one_of_each_group()
    {
        await SendAsync([Taker("", 1), Taker("", 2), Taker("g", 3), Taker("g", 4)], number: 1, queues: [], isFanout: false);
        Assert.That(_asked, Is.EqualTo(new ulong[] { 2, 4 }));
    }

    [Test]
    public async Task A_queue_shares_it_with_the_services_without_a_group()
    {
        TopicTaker[] takers = [Taker("", 1), Taker("g", 3)];
        await SendAsync(takers, number: 1, queues: ["kafka"], isFanout: false);
        Assert.That((_asked, _queues), Is.EqualTo((new List<ulong> { 3 }, new List<string> { "kafka" })));

        Forget();
        await SendAsync(takers, number: 2, queues: ["kafka"], isFanout: false);
        Assert.That((_asked, _queues), Is.EqualTo((new List<ulong> { 1, 3 }, new List<string>())));
    }

    [Test]
    public async Task With_fan_out_all_get_it()
    {
        await SendAsync([Taker("", 1), Taker("", 2), Taker("g", 3)], number: 0, queues: ["kafka", "nats"], isFanout: true);
        Assert.That(_asked, Is.EqualTo(new ulong[] { 1, 2, 3 }));
        Assert.That(_queues, Is.EqualTo(new[] { "kafka", "nats" }));
    }

    [Test]
    public async Task One_that_left_does_not_count_unless_nobody_is_left()
    {
        TopicTaker[] takers = [Taker("", 1), Taker("", 2)];
        await SendAsync(takers, number: 0, queues: [], isFanout: true, leaves: [1]);
        var lost = await Assert.ThrowsAsync<FrontierException>(() => SendAsync(takers, number: 0, queues: [], isFanout: true, leaves: [1, 2]));
        var nobody = await Assert.ThrowsAsync<FrontierException>(() => SendAsync([], number: 0, queues: [], isFanout: true));

        Assert.That(lost!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
        Assert.That(nobody!.Code, Is.EqualTo(FrontierErrorCode.TopicNotOnline));
    }

    private static CatalogEntry Service(ulong id, params string[] topics) => new(id, 1, "gateway", "", [], topics);

    private static TopicTaker Taker(string group, ulong id) => new(group, id, 1);

    private Task SendAsync(TopicTaker[] takers, ulong number, string[] queues, bool isFanout, ulong[]? leaves = null) =>
        new TopicSpread(takers, _ => queues, isFanout, number).PublishAsync(
            services =>
            {
                var first = services.First().ServiceId;
                _asked.Add(first);
                return leaves?.Contains(first) == true
                    ? Task.FromException<bool>(new FrontierException(FrontierErrorCode.ConnectionLost))
                    : Task.FromResult(true);
            },
            queue =>
            {
                _queues.Add(queue);
                return Task.CompletedTask;
            });
}
