using Frontier.Grains.Retention;
using Frontier.Grains.Tests.Support;

namespace Frontier.Grains.Tests.Retention;

/// <summary>Messages kept in memory: in order, bounded, and not for ever.</summary>
[TestFixture]
internal sealed class MemoryMessageStoreTests
{
    private static readonly RetentionRule Rule = new("t", TimeSpan.FromMinutes(1), 3);

    private SkippingClock _clock = null!;
    private MemoryMessageStore _store = null!;

    [SetUp]
    public void Create()
    {
        _clock = new SkippingClock();
        _store = new MemoryMessageStore(_clock, new StoreLimits(1 << 20, 2));
    }

    [Test]
    public async Task What_was_added_is_read_in_its_order_until_it_is_removed()
    {
        await _store.AppendAsync(Rule, "t", [Message("a"), Message("b")]);
        await _store.AppendAsync(Rule, "t", [Message("c")]);

        Assert.That(await IdsAsync(2), Is.EqualTo(new[] { "a", "b" }));
        await _store.RemoveAsync("t", [(await _store.ReadAsync(Rule, "t", 1))[0].Place]);

        Assert.That(await IdsAsync(), Is.EqualTo(new[] { "b", "c" }));
        Assert.That(await _store.ReadAsync(Rule, "other", 10), Is.Empty);
    }

    [Test]
    public async Task Beyond_its_room_a_topic_takes_only_the_first_ones()
    {
        Assert.That((await _store.AppendAsync(Rule, "t", [Message("a"), Message("b"), Message("c"), Message("d")])).Stored, Is.EqualTo(3));
        Assert.That((await _store.AppendAsync(Rule, "t", [Message("e")])).Stored, Is.Zero);
        Assert.That(await IdsAsync(), Is.EqualTo(new[] { "a", "b", "c" }));
    }

    [Test]
    public async Task All_topics_together_have_a_bound_and_what_is_removed_or_expires_makes_room()
    {
        _store = new MemoryMessageStore(_clock, new StoreLimits(100 + StoreLimits.MessageOverhead, 2));
        Assert.That((await _store.AppendAsync(Rule, "t", [Message("a", 60)])).Stored, Is.EqualTo(1));
        Assert.That((await _store.AppendAsync(Rule, "u", [Message("b", 60)])).Stored, Is.Zero);

        _clock.Skip(Rule.Lifetime);
        Assert.That(await IdsAsync(), Is.Empty);
        Assert.That((await _store.AppendAsync(Rule, "u", [Message("c", 60)])).Stored, Is.EqualTo(1));
        await _store.RemoveAsync("u", [(await _store.ReadAsync(Rule, "u", 1))[0].Place]);
        Assert.That((await _store.AppendAsync(Rule, "t", [Message("d", 100)])).Stored, Is.EqualTo(1));
    }

    [Test]
    public async Task So_many_topics_have_messages_and_one_that_is_forgotten_makes_room_for_another()
    {
        await _store.AppendAsync(Rule, "t", [Message("a")]);
        await _store.AppendAsync(Rule, "u", [Message("b")]);
        Assert.That(Counts(await _store.AppendAsync(Rule, "v", [Message("c")])), Is.EqualTo((0, true)));

        await _store.ForgetAsync("u");
        Assert.That(Counts(await _store.AppendAsync(Rule, "v", [Message("c")])), Is.EqualTo((1, false)));
    }

    [Test]
    public async Task What_is_too_old_is_not_read_and_what_is_younger_is()
    {
        await _store.AppendAsync(Rule, "t", [Message("old")]);
        _clock.Skip(Rule.Lifetime / 2);
        await _store.AppendAsync(Rule, "t", [Message("young")]);
        _clock.Skip(Rule.Lifetime / 2);

        Assert.That(await IdsAsync(), Is.EqualTo(new[] { "young" }));
    }

    [Test]
    public async Task Topics_with_messages_are_listed_until_they_are_forgotten()
    {
        await _store.AppendAsync(Rule, "t", [Message("a")]);
        Assert.That(await _store.ListAsync(), Is.EqualTo(new[] { "t" }));

        await _store.RemoveAsync("t", [(await _store.ReadAsync(Rule, "t", 1))[0].Place]);
        await _store.ForgetAsync("t");
        Assert.That(await _store.ListAsync(), Is.Empty);
    }

    private static StoredMessage Message(string id, int bytes = 1) => new(id, 7, new byte[bytes], default);

    private async Task<IEnumerable<string>> IdsAsync(int count = 10) => (await _store.ReadAsync(Rule, "t", count)).Select(entry => entry.Message.Id);

    private static (int Stored, bool IsStoreFull) Counts(AppendResult result) => (result.Stored, result.IsStoreFull);
}
