using Frontier.Grains.Activations;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Frontier.Grains.Topics;

/// <summary>
/// One topic: hands each message of an edge to one of the services that take it. Active as long as somebody takes the topic.
/// Deliveries interleave, so that a slow service delays only its own.
/// </summary>
[Reentrant, KeepAlive]
internal sealed partial class TopicGrain : Grain, ITopicGrain
{
    private readonly ILogger<TopicGrain> _logger;
    private readonly TopicSubscribers _subscribers = new();
    private readonly Lingering _lingering;

    /// <summary>Creates the grain.</summary>
    public TopicGrain(ILogger<TopicGrain> logger)
    {
        _logger = logger;
        _lingering = new Lingering(this, () => _subscribers.All.Count == 0);
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
    public Task<IReadOnlyList<TopicSubscription>> DescribeAsync()
    {
        LingerIfUnused();
        return Task.FromResult(_subscribers.All);
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
