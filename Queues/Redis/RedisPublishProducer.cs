using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Frontier.Queues;

/// <summary>PUBLISH: the channel is the topic, the message the body. Redis has no place for anything else, and drops what nobody is subscribed to.</summary>
internal sealed class RedisPublishProducer(RedisQueueOptions options, QueueRoute route, QueueLimits limits, QueueMetrics metrics, ILogger logger)
    : RedisProducer(options, route, limits, metrics, logger)
{
    /// <inheritdoc/>
    protected override Task SendAsync(IDatabase database, QueueMessage message) =>
        database.PublishAsync(RedisChannel.Literal(message.Topic), message.Payload);
}
