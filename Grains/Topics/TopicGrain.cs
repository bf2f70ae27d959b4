using System.Text;
using Frontier.Grains.Activations;
using Frontier.Grains.Retention;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Frontier.Grains.Topics;

/// <summary>
/// One topic: hands each message of an edge to one of the services or external queues that take it. Active as long as a service takes the topic,
/// and a moment beyond what it does otherwise. Deliveries interleave, so that a slow service delays only its own.
/// </summary>
[Reentrant, KeepAlive]
internal sealed partial class TopicGrain : Grain, ITopicGrain
{
    // The contract's limit of a forward.
    private static readonly TimeSpan LongestDelivery = TimeSpan.FromSeconds(30);

    // Long against the pauses of a topic in use, short against the number of topics that edges may invent.
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);

    // Those who take the topic by a filter or in a group do not tell its grain that they have come.
    private static readonly TimeSpan DrainInterval = TimeSpan.FromSeconds(1);

    // How old may be what is known of them: a fraction of the interval above.
    private static readonly TimeSpan LongestMemory = TimeSpan.FromMilliseconds(200);

    private readonly ILogger<TopicGrain> _logger;
    private readonly TopicSubscribers _subscribers = new();
    private readonly Lingering _lingering;
    private readonly IQueues? _queues;
    private readonly TopicRules _rules;
    private readonly IMessageStore? _store;
    private readonly RetentionMetrics? _metrics;
    private TopicBacklog? _backlog;
    private Task<IReadOnlyList<TopicTaker>>? _recentTakers;
    private long _askedAt;
    private int _underWay;
    private long _lastUsedAt = Environment.TickCount64 - (long)IdleTime.TotalMilliseconds;

    /// <summary>Creates the grain.</summary>
    public TopicGrain(
        ILogger<TopicGrain> logger, IQueues? queues = null, TopicRules? rules = null, IMessageStore? store = null, RetentionMetrics? metrics = null)
    {
        _store = store;
        _metrics = metrics;
        _logger = logger;
        _rules = rules ?? TopicRules.Plain;
        _queues = queues;
        _lingering = new Lingering(this, IsUnused);
    }

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (_store is null || _rules.FindRetention(Encoding.UTF8.GetBytes(Topic)) is not { } rule)
        {
            return;
        }

        _backlog = new TopicBacklog(Topic, rule, _store, DeliverAsync, _metrics, _logger);
        await _backlog.LookAsync();
        this.RegisterGrainTimer(
            static grain =>
            {
                grain.Drain();
                return Task.CompletedTask;
            },
            this,
            new GrainTimerCreationOptions(DrainInterval, DrainInterval) { Interleave = true });
    }

    /// <inheritdoc/>
    public ValueTask SubscribeAsync(TopicSubscription subscription)
    {
        _subscribers.Add(subscription);
        _recentTakers = null;
        Drain();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask UnsubscribeAsync(ulong serviceId, long epoch)
    {
        _subscribers.Remove(serviceId, epoch);
        LingerIfUnused();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask WakeAsync()
    {
        Drain();
        LingerIfUnused();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task PublishAsync(ulong edgeId, MessageRequest message, CancellationToken cancellationToken)
    {
        if (_backlog is null)
        {
            await SendAsync(edgeId, message, FindTakersAsync, cancellationToken);
            return;
        }

        var result = await _backlog.PublishAsync([new TopicMessage(edgeId, message.Payload, message.Custom, DateTimeOffset.UtcNow, message.Timeout ?? LongestDelivery)
        {
            Trace = message.Trace,
        }]);
        if (result.Failures is { } failures)
        {
            throw new FrontierException(failures[0].Code, failures[0].Text);
        }
    }

    private async Task SendAsync(
        ulong edgeId, MessageRequest message, Func<Task<IReadOnlyList<TopicTaker>>> findTakers, CancellationToken cancellationToken)
    {
        var forwarded = message with { Topic = Topic, Custom = EdgeIdSuffix.Append(message.Custom, edgeId) };
        if (!_rules.IsPlain)
        {
            try
            {
                await new TopicSpread(await findTakers(), QueuesFor, _rules.IsFanout(Encoding.UTF8.GetBytes(Topic)), edgeId)
                    .PublishAsync(takers => SendToOneAsync(takers, forwarded, cancellationToken), queue => SendToQueueAsync(queue, edgeId, message));
                return;
            }
            finally
            {
                LingerIfUnused();
            }
        }

        if (_queues is { Routes.Count: > 0 } && ChooseQueue(edgeId) is { } queue)
        {
            await SendToQueueAsync(queue, edgeId, message);
            return;
        }

        if (!await SendToOneAsync(_subscribers.InOrderFor(edgeId), forwarded, cancellationToken))
        {
            LingerIfUnused();
            throw new FrontierException(FrontierErrorCode.TopicNotOnline);
        }
    }

    /// <inheritdoc/>
    public async Task<TopicBatchResult> PublishBatchAsync(TopicBatch batch)
    {
        _underWay++;
        try
        {
            return batch.Queue.Length > 0
                ? await QueueDelivery.SendAsync(FindQueue(batch.Queue), Topic, batch)
                : await (_backlog ?? throw new FrontierException(FrontierErrorCode.TopicNotOnline)).PublishAsync(batch.Messages);
        }
        finally
        {
            _underWay--;
            _lastUsedAt = Environment.TickCount64;
            LingerIfUnused();
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TopicSubscription>> DescribeAsync()
    {
        LingerIfUnused();
        return Task.FromResult(_subscribers.All);
    }

    private string Topic => this.GetPrimaryKeyString();

    // A message that is kept, or is to be kept when nobody takes it now.
    private async Task<bool> DeliverAsync(StoredMessage message, TimeSpan? timeout)
    {
        try
        {
            var request = new MessageRequest(Topic, message.Payload, message.Custom, timeout) { MessageId = message.Id, Trace = message.Trace };
            await SendAsync(message.EdgeId, request, RecentTakersAsync, CancellationToken.None);
            return true;
        }
        catch (FrontierException error) when (error.Code is FrontierErrorCode.TopicNotOnline or FrontierErrorCode.ServiceNotOnline)
        {
            return false;
        }
#pragma warning disable CA1031 // Whatever the cluster's trouble is, the message is not lost: it is kept and tried again.
        catch (Exception error) when (error is not FrontierException)
#pragma warning restore CA1031
        {
            throw new FrontierException(FrontierErrorCode.ConnectionLost, FrontierErrorText.ConnectionLost, error);
        }
    }

    // The same answer for all messages of a batch, which keeps them in their order and costs the catalog one question. A service that has just come is asked later.
    private Task<IReadOnlyList<TopicTaker>> RecentTakersAsync()
    {
        var now = Environment.TickCount64;
        if (_recentTakers is null or { IsFaulted: true } || now - _askedAt > (long)LongestMemory.TotalMilliseconds)
        {
            (_recentTakers, _askedAt) = (FindTakersAsync(), now);
        }

        return _recentTakers;
    }

    private void Drain()
    {
        if (_backlog is { HasMessages: true } backlog)
        {
            backlog.DrainAsync().Ignore();
        }
    }

    // Who takes the topic by a filter or in a group stands in the catalog only, and a new catalog may not have everybody yet.
    private async Task<IReadOnlyList<TopicTaker>> FindTakersAsync()
    {
        var known = await GrainFactory.GetServiceCatalog().FindTopicAsync(Topic);
        return
        [
            .. known
                .Concat(_subscribers.All.Select(own => new TopicTaker("", own.ServiceId, own.Epoch)))
                .DistinctBy(taker => (taker.Group, taker.ServiceId))
                .OrderBy(taker => taker.Group, StringComparer.Ordinal)
                .ThenBy(taker => taker.ServiceId),
        ];
    }

    // To the first who is there; false when nobody is.
    private async Task<bool> SendToOneAsync(IEnumerable<TopicSubscription> takers, MessageRequest message, CancellationToken cancellationToken)
    {
        FrontierException? lost = null;
        foreach (var taker in takers)
        {
            try
            {
                await GrainFactory.GetService(taker.ServiceId).PublishAsync(message, cancellationToken);
                return true;
            }
            // This error says that nothing was delivered.
            catch (FrontierException gone) when (gone.Code == FrontierErrorCode.ServiceNotOnline)
            {
                _subscribers.Remove(taker.ServiceId, taker.Epoch);
                Log.DroppedSubscriber(_logger, Topic, taker.ServiceId, taker.Epoch);
            }
            // It left with the message: another one is to have it, even if this one has worked on it. After any other error a second try is the sender's to make.
            catch (FrontierException gone) when (gone.Code == FrontierErrorCode.ConnectionLost && _rules.Redelivers)
            {
                lost = gone;
                Log.Redelivered(_logger, Topic, taker.ServiceId, taker.Epoch);
            }
        }

        return lost is null ? false : throw lost;
    }

    private Task SendToQueueAsync(string queue, ulong edgeId, MessageRequest message) =>
        QueueDelivery.SendAsync(FindQueue(queue), Topic, edgeId, message, LongestDelivery);

    // Services and queues share a topic by the same number; "*" takes what nobody else does.
    private string? ChooseQueue(ulong edgeId)
    {
        var services = _subscribers.All.Count;
        var queues = QueuesFor(services > 0);
        var owners = services + queues.Count;
        var choice = owners == 0 ? 0 : (int)(edgeId % (ulong)owners);
        return choice < services || queues.Count == 0 ? null : queues[choice - services];
    }

    private IReadOnlyList<string> QueuesFor(bool isOwned)
    {
        if (_queues is null)
        {
            return [];
        }

        var named = TopicQueues.Named(_queues.Routes, Topic);
        return named.Count > 0 || isOwned ? named : TopicQueues.Any(_queues.Routes);
    }

    private IQueueProducer FindQueue(string name) =>
        _queues?.Find(name) ?? throw new FrontierException(FrontierErrorCode.QueueUnavailable);

    private bool IsUnused()
    {
        if (_subscribers.All.Count > 0)
        {
            return false;
        }

        if (_backlog is not { HasMessages: true } && _underWay == 0 && Environment.TickCount64 - _lastUsedAt >= (long)IdleTime.TotalMilliseconds)
        {
            return true;
        }

        _lingering.Start(); // Look again.
        return false;
    }

    private void LingerIfUnused()
    {
        if (_subscribers.All.Count == 0)
        {
            _lingering.Start();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Topic {Topic}: dropped service {ServiceId}, session {Epoch}: it is not online any more")]
        public static partial void DroppedSubscriber(ILogger logger, string topic, ulong serviceId, long epoch);

        [LoggerMessage(2, LogLevel.Debug, "Topic {Topic}: service {ServiceId}, session {Epoch}, left before it acknowledged a message; another one gets it")]
        public static partial void Redelivered(ILogger logger, string topic, ulong serviceId, long epoch);
    }
}
