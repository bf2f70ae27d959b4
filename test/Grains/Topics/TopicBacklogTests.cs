using System.Text;
using Frontier.Grains.Retention;
using Frontier.Grains.Topics;
using Microsoft.Extensions.Logging.Abstractions;

namespace Frontier.Grains.Tests.Topics;

/// <summary>A topic whose messages are kept while nobody takes them.</summary>
[TestFixture]
internal sealed class TopicBacklogTests
{
    private static readonly RetentionRule Rule = new("t", TimeSpan.FromMinutes(1), 100);

    private readonly List<StoredMessage> _delivered = [];
    private readonly List<TimeSpan?> _timeouts = [];
    private Func<StoredMessage, Task<bool>> _deliver = null!;
    private MemoryMessageStore _store = null!;
    private TopicBacklog _backlog = null!;

    [SetUp]
    public async Task CreateAsync()
    {
        _delivered.Clear();
        _timeouts.Clear();
        _deliver = Take;
        _store = new MemoryMessageStore(TimeProvider.System, new StoreLimits(1 << 20, 100));
        _backlog = await NewAsync();
    }

    [Test]
    public async Task While_somebody_is_there_messages_go_to_them_and_none_is_kept()
    {
        Assert.That((await PublishAsync("a", "b")).Failures, Is.Null);

        Assert.That(Texts(), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(_backlog.HasMessages, Is.False);
    }

    [Test]
    public async Task While_nobody_is_there_messages_are_kept_and_delivered_in_order_to_the_one_who_comes()
    {
        _deliver = _ => Task.FromResult(false);
        Assert.That((await PublishAsync("a", "b")).Failures, Is.Null, "the edge is told that they are stored");
        Assert.That((await PublishAsync("c")).Failures, Is.Null);
        _deliver = Take;
        Assert.That((await PublishAsync("d")).Failures, Is.Null, "behind the older ones");
        Assert.That(Texts(), Is.Empty);

        await _backlog.DrainAsync();

        Assert.That(Texts(), Is.EqualTo(new[] { "a", "b", "c", "d" }));
        Assert.That(_backlog.HasMessages, Is.False);
        Assert.That(await _store.ListAsync(), Is.Empty);
        await PublishAsync("e");
        Assert.That(Texts().Last(), Is.EqualTo("e"), "the direct way again");
    }

    [Test]
    public async Task A_message_whose_receiver_left_with_it_is_kept_and_has_the_same_id_when_it_is_delivered_again()
    {
        var first = new List<StoredMessage>();
        _deliver = message =>
        {
            first.Add(message);
            return Task.FromException<bool>(new FrontierException(FrontierErrorCode.ConnectionLost));
        };
        Assert.That((await PublishAsync("a", "b")).Failures, Is.Null);
        _deliver = Take;
        await _backlog.DrainAsync();

        Assert.That(first.Select(Text), Is.EqualTo(new[] { "a" }), "what is behind it stays behind it");
        Assert.That(_delivered.Select(Text), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(_delivered[0].Id, Is.EqualTo(first[0].Id));
        Assert.That(_delivered[1].Id, Is.Not.EqualTo(first[0].Id));
    }

    [Test]
    public async Task What_a_receiver_refuses_at_once_is_told_to_its_sender_and_not_kept()
    {
        _deliver = _ => Task.FromException<bool>(new FrontierException(FrontierErrorCode.Unknown, "no"));

        var failures = (await PublishAsync("a")).Failures;

        Assert.That(failures![0].Text, Is.EqualTo("no"));
        Assert.That(_backlog.HasMessages, Is.False);
    }

    [Test]
    public async Task A_kept_message_that_is_refused_does_not_hold_up_what_is_behind_it()
    {
        _deliver = _ => Task.FromResult(false);
        await PublishAsync("bad", "good");
        _deliver = message => Text(message) == "bad" ? Task.FromException<bool>(new FrontierException(FrontierErrorCode.Unknown, "no")) : Take(message);

        await _backlog.DrainAsync();

        Assert.That(Texts(), Is.EqualTo(new[] { "good" }));
        Assert.That(_backlog.HasMessages, Is.False);
    }

    [Test]
    public async Task A_kept_message_that_is_not_acknowledged_in_time_stays()
    {
        _deliver = _ => Task.FromResult(false);
        await PublishAsync("a");
        _deliver = _ => Task.FromException<bool>(new FrontierException(FrontierErrorCode.Timeout));
        await _backlog.DrainAsync();
        Assert.That(_backlog.HasMessages);

        _deliver = Take;
        await _backlog.DrainAsync();

        Assert.That(Texts(), Is.EqualTo(new[] { "a" }));
    }

    [Test]
    public async Task When_there_is_no_room_the_edge_is_told()
    {
        _deliver = _ => Task.FromResult(false);

        var failures = (await PublishAsync([.. Enumerable.Range(0, Rule.MaxMessages + 2).Select(i => $"{i}")])).Failures!;

        Assert.That(failures.Keys, Is.EqualTo(new[] { Rule.MaxMessages, Rule.MaxMessages + 1 }));
        Assert.That(failures.Values.Select(failure => failure.Code), Is.All.EqualTo(FrontierErrorCode.SlowConsumer));
    }

    [Test]
    public async Task What_an_earlier_life_kept_is_found_again()
    {
        _deliver = _ => Task.FromResult(false);
        await PublishAsync("a");

        _backlog = await NewAsync();
        Assert.That(_backlog.HasMessages);
        _deliver = Take;
        await PublishAsync("b");
        await _backlog.DrainAsync();

        Assert.That(Texts(), Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    public async Task What_comes_while_kept_messages_are_delivered_goes_behind_them()
    {
        _deliver = _ => Task.FromResult(false);
        await PublishAsync("a");
        var slow = new TaskCompletionSource<bool>();
        _deliver = async message =>
        {
            await slow.Task;
            return await Take(message);
        };
        var draining = _backlog.DrainAsync();
        await PublishAsync("b");
        Assert.That(Texts(), Is.Empty);

        slow.SetResult(true);
        await draining;

        Assert.That(Texts(), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(_backlog.HasMessages, Is.False);
    }

    [Test]
    public async Task A_message_keeps_its_trace_and_is_delivered_within_its_edges_time_until_the_edge_is_told_that_it_is_kept()
    {
        _deliver = _ => Task.FromResult(false);
        await _backlog.PublishAsync([new TopicMessage(7, default, default, DateTimeOffset.UtcNow, TimeSpan.FromSeconds(5)) { Trace = new byte[] { 1, 2 } }]);
        _deliver = Take;
        await _backlog.DrainAsync();

        Assert.That(_timeouts, Is.EqualTo(new TimeSpan?[] { TimeSpan.FromSeconds(5), null }));
        Assert.That(_delivered.Single().Trace.ToArray(), Is.EqualTo(new byte[] { 1, 2 }));
    }

    [Test]
    public async Task When_the_store_as_a_whole_has_no_room_the_edge_is_told_that()
    {
        _store = new MemoryMessageStore(TimeProvider.System, new StoreLimits(1, 100));
        _backlog = await NewAsync();
        _deliver = _ => Task.FromResult(false);

        var failure = (await PublishAsync("a")).Failures![0];

        Assert.That((failure.Code, failure.Text), Is.EqualTo((FrontierErrorCode.StoreFull, FrontierErrorText.StoreFull)));
    }

    private static string Text(StoredMessage message) => Encoding.UTF8.GetString(message.Payload.Span);

    private string[] Texts() => [.. _delivered.Select(Text)];

    private Task<bool> Take(StoredMessage message)
    {
        _delivered.Add(message);
        return Task.FromResult(true);
    }

    private async Task<TopicBacklog> NewAsync()
    {
        var backlog = new TopicBacklog("t", Rule, _store, (message, timeout) =>
        {
            _timeouts.Add(timeout);
            return _deliver(message);
        }, null, NullLogger.Instance);
        await backlog.LookAsync();
        return backlog;
    }

    private Task<TopicBatchResult> PublishAsync(params string[] texts) => _backlog.PublishAsync(
        [.. texts.Select(text => new TopicMessage(7, Encoding.UTF8.GetBytes(text), default, DateTimeOffset.UtcNow, TimeSpan.FromSeconds(30)))]);
}
