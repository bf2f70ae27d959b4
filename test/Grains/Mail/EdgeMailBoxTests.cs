using System.Text;
using Frontier.Grains.Mail;
using Frontier.Grains.Retention;
using Frontier.Grains.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Frontier.Grains.Tests.Mail;

/// <summary>Messages that wait for an edge.</summary>
[TestFixture]
internal sealed class EdgeMailBoxTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly List<MessageRequest> _delivered = [];
    private readonly List<(string Id, EdgeMailOutcome Outcome)> _reported = [];
    private readonly List<DateTimeOffset> _planned = [];
    private Func<MessageRequest, Task> _deliver = null!;
    private bool _senderIsThere;
    private ManualClock _clock = null!;
    private CountingStore _store = null!;
    private EdgeMailBox _box = null!;

    [SetUp]
    public async Task CreateAsync()
    {
        _delivered.Clear();
        _reported.Clear();
        _deliver = Away;
        _senderIsThere = true;
        _clock = new ManualClock();
        _planned.Clear();
        _store = new CountingStore(new MemoryMessageStore(_clock, new StoreLimits(1 << 20, 100)));
        _box = await NewAsync();
    }

    [Test]
    public async Task An_edge_that_is_there_gets_its_message_at_once_and_none_is_kept()
    {
        _deliver = Take;
        Assert.That(await PublishAsync("a"), Is.Empty);
        Assert.That(Texts(), Is.EqualTo(new[] { "a" }));
        Assert.That(await _store.ListAsync(), Is.Empty);
    }

    [Test]
    public async Task What_waits_is_delivered_in_order_with_its_ids_when_the_edge_comes_and_newer_ones_go_behind_it()
    {
        string[] ids = [await PublishAsync("a"), await PublishAsync("b"), await PublishAsync("c")];
        Assert.That(_delivered, Is.Empty);

        _deliver = Take;
        await _box.DeliverAsync();
        Assert.That(await PublishAsync("d"), Is.Empty);

        Assert.That(Texts(), Is.EqualTo(new[] { "a", "b", "c", "d" }));
        Assert.That(_delivered.Take(3).Select(message => message.MessageId), Is.EqualTo(ids));
        Assert.That(_delivered.Select(message => (message.Topic, Encoding.UTF8.GetString(message.Custom.Span))), Is.All.EqualTo(("topic", "beside")));
        Assert.That(_reported, Is.EqualTo(ids.Select(id => (id, EdgeMailOutcome.Delivered))));
        Assert.That(await _store.ListAsync(), Is.Empty);
    }

    [Test]
    public async Task What_waits_is_tried_again_whatever_failed_under_the_first_try()
    {
        await PublishAsync("a");
        _deliver = _ => Task.FromException(new InvalidOperationException("nobody foresaw this"));
        await _box.DeliverAsync();
        Assert.That(Texts(), Is.Empty);

        _deliver = Take;
        _clock.Advance(TimeSpan.FromSeconds(31));
        await _box.TickAsync();
        Assert.That(Texts(), Is.EqualTo(new[] { "a" }));
    }

    [Test]
    public async Task A_message_that_the_edge_left_with_comes_again_with_the_same_id()
    {
        var first = "";
        _deliver = message =>
        {
            first = message.MessageId;
            return Task.FromException(new FrontierException(FrontierErrorCode.ConnectionLost));
        };
        var id = await PublishAsync("a");
        _deliver = Take;
        await _box.DeliverAsync();

        Assert.That(id, Is.EqualTo(first));
        Assert.That(_delivered.Single().MessageId, Is.EqualTo(first));
    }

    [Test]
    public async Task A_message_expires_behind_others_that_wait_longer_and_its_sender_is_told()
    {
        await PublishAsync("long", 2 * Minute);
        var id = await PublishAsync("short", Minute);
        await _box.TickAsync();
        Assert.That(_reported, Is.Empty);

        _clock.Advance(Minute);
        await _box.TickAsync();
        Assert.That(_reported, Is.EqualTo(new[] { (id, EdgeMailOutcome.Expired) }));
        Assert.That(await _box.WaitAsync(id), Is.EqualTo(EdgeMailOutcome.Expired));

        _deliver = Take;
        await _box.DeliverAsync();
        Assert.That(Texts(), Is.EqualTo(new[] { "long" }));
    }

    [Test]
    public async Task A_sender_that_is_away_is_told_when_it_is_back_that_its_message_expired()
    {
        await PublishAsync("a", Minute);
        _senderIsThere = false;
        _clock.Advance(Minute);
        await _box.TickAsync();
        Assert.That(_box.HasMessages);

        _senderIsThere = true;
        _clock.Advance(TimeSpan.FromSeconds(5));
        await _box.TickAsync();
        await _box.TickAsync();
        Assert.That(_reported, Has.Count.EqualTo(1));
        Assert.That(_box.HasMessages, Is.False);
    }

    [Test]
    public async Task Another_process_finds_what_waits_and_what_has_expired_meanwhile()
    {
        var id = await PublishAsync("short", Minute);
        await PublishAsync("long", 2 * Minute);
        _clock.Advance(Minute);
        var other = await NewAsync();
        _deliver = Take;
        await other.DeliverAsync();

        Assert.That(Texts(), Is.EqualTo(new[] { "long" }));
        Assert.That(_reported, Does.Contain((id, EdgeMailOutcome.Expired)));
    }

    [Test]
    public async Task What_the_edge_refuses_does_not_hold_up_what_is_behind_it()
    {
        var id = await PublishAsync("bad");
        await PublishAsync("good");
        _deliver = message => Encoding.UTF8.GetString(message.Payload.Span) == "bad" ? throw new FrontierException(FrontierErrorCode.Unknown, "no") : Take(message);
        await _box.DeliverAsync();

        Assert.That(Texts(), Is.EqualTo(new[] { "good" }));
        Assert.That(_reported, Does.Contain((id, EdgeMailOutcome.Refused)));
    }

    [Test]
    public async Task Beyond_its_bounds_the_sender_is_told()
    {
        await PublishAsync("1");
        await PublishAsync("2");
        await PublishAsync("3");
        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => PublishAsync("4")))!.Code, Is.EqualTo(FrontierErrorCode.SlowConsumer));
        Assert.That((await Assert.ThrowsAsync<FrontierException>(() => PublishAsync("5", TimeSpan.FromHours(2))))!.Code, Is.EqualTo(FrontierErrorCode.Refused));
    }

    [Test]
    public async Task What_is_to_be_done_next_is_planned_and_nothing_when_no_message_waits()
    {
        Assert.That(_box.DueAt, Is.EqualTo(DateTimeOffset.MaxValue), "nothing waits");
        await PublishAsync("long", 10 * Minute);
        await PublishAsync("short", TimeSpan.FromSeconds(10));
        Assert.That(_planned[^1], Is.EqualTo(_clock.GetUtcNow() + TimeSpan.FromSeconds(10)), "when the first one expires");

        _clock.Advance(TimeSpan.FromSeconds(10));
        await _box.TickAsync();
        Assert.That(_reported, Has.Count.EqualTo(1));
        Assert.That(_planned[^1], Is.GreaterThan(_clock.GetUtcNow()).And.LessThanOrEqualTo(_clock.GetUtcNow() + (10 * Minute)));

        _deliver = Take;
        await _box.DeliverAsync();
        Assert.That(_planned[^1], Is.EqualTo(DateTimeOffset.MaxValue));
    }

    [Test]
    public async Task Messages_expire_without_being_read_from_the_store()
    {
        await PublishAsync("short", TimeSpan.FromSeconds(10));
        await PublishAsync("long", 10 * Minute);
        _clock.Advance(TimeSpan.FromSeconds(10));
        var reads = _store.Reads;
        var read = _store.ReadMessages;

        await _box.TickAsync();

        Assert.That(_reported.Single().Outcome, Is.EqualTo(EdgeMailOutcome.Expired));
        Assert.That((_store.Reads - reads, _store.ReadMessages - read), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task A_message_that_the_store_did_not_let_go_of_expires_again()
    {
        var id = await PublishAsync("a", Minute);
        _clock.Advance(Minute);
        _store.FailRemoving = true;
        await _box.TickAsync();
        Assert.That((await _store.ListAsync()), Is.Not.Empty);
        Assert.That(_planned[^1], Is.LessThanOrEqualTo(_clock.GetUtcNow()), "it is tried again at once");

        _store.FailRemoving = false;
        await _box.TickAsync();
        await _box.TickAsync();
        Assert.That(await _store.ListAsync(), Is.Empty);
        Assert.That(_reported, Is.All.EqualTo((id, EdgeMailOutcome.Expired)));
    }

    [Test]
    public async Task Of_a_message_that_nobody_knows_nothing_is_known()
    {
        Assert.That(await _box.WaitAsync("other"), Is.EqualTo(EdgeMailOutcome.Unknown));
    }

    private static Task Away(MessageRequest message) => Task.FromException(new FrontierException(FrontierErrorCode.EdgeNotOnline));

    private Task Take(MessageRequest message)
    {
        _delivered.Add(message);
        return Task.CompletedTask;
    }

    private string[] Texts() => [.. _delivered.Select(message => Encoding.UTF8.GetString(message.Payload.Span))];

    private Task<string> PublishAsync(string text, TimeSpan? timeToLive = null) =>
        _box.PublishAsync(new EdgeMail("topic", Encoding.UTF8.GetBytes(text), "beside"u8.ToArray(), timeToLive ?? Minute, 7, "sender"));

    private async Task<EdgeMailBox> NewAsync()
    {
        var box = new EdgeMailBox(
            5,
            new EdgeMailKeeping(_store, 3, TimeSpan.FromHours(1)),
            _clock,
            message => _deliver(message),
            (mail, outcome, _) =>
            {
                if (_senderIsThere)
                {
                    _reported.Add((mail.Id, outcome));
                }

                return Task.FromResult(_senderIsThere);
            },
            null,
            NullLogger.Instance,
            _planned.Add);
        await box.LookAsync();
        await box.DeliverAsync();
        return box;
    }

    private sealed class CountingStore(IMessageStore store) : IMessageStore
    {
        public int Reads { get; private set; }

        public int ReadMessages { get; private set; }

        public bool FailRemoving { get; set; }

        public Task<AppendResult> AppendAsync(RetentionRule rule, string topic, IReadOnlyList<StoredMessage> messages) => store.AppendAsync(rule, topic, messages);

        public async Task<IReadOnlyList<StoredEntry>> ReadAsync(RetentionRule rule, string topic, int count)
        {
            Reads++;
            var entries = await store.ReadAsync(rule, topic, count);
            ReadMessages += entries.Count;
            return entries;
        }

        public Task RemoveAsync(string topic, IReadOnlyList<string> places) =>
            FailRemoving ? throw new FrontierException(FrontierErrorCode.QueueUnavailable) : store.RemoveAsync(topic, places);

        public Task<IReadOnlyList<string>> ListAsync() => store.ListAsync();

        public Task ForgetAsync(string topic) => store.ForgetAsync(topic);
    }
}
