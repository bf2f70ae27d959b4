using Frontier.Grains.Activations;
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

    private readonly ILogger<TopicGrain> _logger;
    private readonly TopicSubscribers _subscribers = new();
    private readonly Lingering _lingering;
    private readonly IQueues? _queues;
    private int _underWay;
    private long _lastUsedAt = Environment.TickCount64 - (long)IdleTime.TotalMilliseconds;

    /// <summary>Creates the grain.</summary>
    public TopicGrain(ILogger<TopicGrain> logger, IQueues? queues = null)
    {
        _logger = logger;
        _queues = queues;
        _lingering = new Lingering(this, IsUnused);
    }

    /// <inheritdoc/>
    public ValueTask SubscribeAsync(TopicSubscription subscription)
    {
        _subscribers.Add(subscription);
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
    public async Task PublishAsync(ulong edgeId, MessageRequest message, CancellationToken cancellationToken)
    {
        if (_queues is { Routes.Count: > 0 } && ChooseQueue(edgeId) is { } queue)
        {
            await QueueDelivery.SendAsync(FindQueue(queue), this.GetPrimaryKeyString(), edgeId, message, LongestDelivery);
            return;
        }

        var forwarded = message with { Topic = this.GetPrimaryKeyString(), Custom = EdgeIdSuffix.Append(message.Custom, edgeId) };
        foreach (var subscription in _subscribers.InOrderFor(edgeId))
        {
            try
            {
                await GrainFactory.GetService(subscription.ServiceId).PublishAsync(forwarded, cancellationToken);
                return;
            }
            // Only this error says that nothing was delivered; after any other a second try could deliver twice.
            catch (FrontierException gone) when (gone.Code == FrontierErrorCode.ServiceNotOnline)
            {
                _subscribers.Remove(subscription.ServiceId, subscription.Epoch);
                Log.DroppedSubscriber(_logger, this.GetPrimaryKeyString(), subscription.ServiceId, subscription.Epoch);
            }
        }

        LingerIfUnused();
        throw new FrontierException(FrontierErrorCode.TopicNotOnline);
    }

    /// <inheritdoc/>
    public async Task<TopicBatchResult> PublishBatchAsync(TopicBatch batch)
    {
        _underWay++;
        try
        {
            return await QueueDelivery.SendAsync(FindQueue(batch.Queue), this.GetPrimaryKeyString(), batch);
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

    // Services and queues share a topic by the same number; "*" takes what nobody else does.
    private string? ChooseQueue(ulong edgeId)
    {
        var topic = this.GetPrimaryKeyString();
        var services = _subscribers.All.Count;
        var queues = TopicQueues.Named(_queues!.Routes, topic);
        if (queues.Count == 0 && services == 0)
        {
            queues = TopicQueues.Any(_queues.Routes);
        }

        var owners = services + queues.Count;
        var choice = owners == 0 ? 0 : (int)(edgeId % (ulong)owners);
        return choice < services || queues.Count == 0 ? null : queues[choice - services];
    }

    private IQueueProducer FindQueue(string name) =>
        _queues?.Find(name) ?? throw new FrontierException(FrontierErrorCode.QueueUnavailable);

    private bool IsUnused()
    {
        if (_subscribers.All.Count > 0)
        {
            return false;
        }

        if (_underWay == 0 && Environment.TickCount64 - _lastUsedAt >= (long)IdleTime.TotalMilliseconds)
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
    }
}
