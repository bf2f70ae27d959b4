using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Frontier.Queues;

/// <summary>XADD: the stream's key is the topic; field <c>body</c> is the body, and the headers are fields.</summary>
internal sealed class RedisStreamProducer(RedisQueueOptions options, QueueRoute route, QueueLimits limits, QueueMetrics metrics, ILogger logger)
    : RedisProducer(options, route, limits, metrics, logger)
{
    private static readonly RedisValue Body = "body";

    private readonly int? _maxLength = options.Producer.StreamMaxLength > 0 ? options.Producer.StreamMaxLength : null;

    /// <inheritdoc/>
    protected override Task SendAsync(IDatabase database, QueueMessage message)
    {
        var fields = new List<NameValueEntry> { new(Body, message.Payload) };
        fields.AddRange(QueueHeaders.TextOf(message).Select(header => new NameValueEntry(header.Name, header.Value)));
        if (!message.Custom.IsEmpty)
        {
            fields.Add(new NameValueEntry(QueueHeaders.Custom, message.Custom));
        }

        return database.StreamAddAsync(message.Topic, [.. fields], maxLength: _maxLength, useApproximateMaxLength: true);
    }
}
