using System.Collections.Concurrent;
using Frontier.Protocol;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>The lanes on which messages of this gateway's edges go to the grains of their topics; one for each topic and external queue that has messages now.</summary>
/// <param name="grains">Where topics are.</param>
/// <param name="gatewayId">The gateway's id, asked for when it is needed: it may change until the gateway has joined its cluster.</param>
/// <param name="limits">What may wait.</param>
/// <param name="logger">Where failures are logged.</param>
internal sealed partial class TopicLanes(IGrainFactory grains, Func<string> gatewayId, LimitOptions limits, ILogger<TopicLanes> logger)
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<byte[], TopicLane>> _lanes = new(StringComparer.Ordinal);
    private long _reserved;

    /// <summary>Where topics are.</summary>
    public IGrainFactory Grains => grains;

    /// <summary>This gateway.</summary>
    public string GatewayId => gatewayId();

    /// <summary>What may wait.</summary>
    public LimitOptions Limits => limits;

    /// <summary>Sends a message of an edge on its way.</summary>
    /// <param name="queue">The external queue that is to have it; empty for whoever the topic's grain finds.</param>
    /// <param name="topic">The topic in UTF-8.</param>
    /// <param name="wait">Who waits for the answer.</param>
    /// <param name="body">The message.</param>
    /// <returns>False when too much waits already.</returns>
    public bool TryAdd(string queue, ReadOnlySpan<byte> topic, TopicWait wait, in MessageBody body)
    {
        var lanes = _lanes.GetOrAdd(queue, static _ => new ConcurrentDictionary<byte[], TopicLane>(ByteKeyComparer.Instance));
        var lookup = lanes.GetAlternateLookup<ReadOnlySpan<byte>>();
        while (true)
        {
            if (!lookup.TryGetValue(topic, out var lane))
            {
                var key = topic.ToArray();
                lane = lanes.GetOrAdd(key, new TopicLane(this, queue, key));
            }

            switch (lane.TryAdd(wait, body))
            {
                case TopicLane.Added.Yes:
                    return true;
                case TopicLane.Added.Full:
                    return false;
                default:
                    lanes.TryRemove(KeyValuePair.Create(lane.Topic, lane)); // It is about to do so itself.
                    continue;
            }
        }
    }

    /// <summary>The bytes that wait, or are under way.</summary>
    public long ReservedBytes => Volatile.Read(ref _reserved);

    /// <summary>Takes room for bytes that wait; false when there is none.</summary>
    public bool TryReserve(int bytes)
    {
        if (Interlocked.Add(ref _reserved, bytes) <= limits.MaxWaitingBytes)
        {
            return true;
        }

        Interlocked.Add(ref _reserved, -bytes);
        return false;
    }

    /// <summary>Gives the room back.</summary>
    public void Release(int bytes) => Interlocked.Add(ref _reserved, -bytes);

    /// <summary>A lane has nothing left.</summary>
    public void Remove(TopicLane lane)
    {
        if (_lanes.TryGetValue(lane.Queue, out var lanes))
        {
            lanes.TryRemove(KeyValuePair.Create(lane.Topic, lane));
        }
    }

    /// <summary>A topic's grain could not be asked.</summary>
    public void OnFailed(string topic, int messages, Exception error) => Log.Failed(logger, messages, topic, error);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Failed to publish {Count} messages to the grain of topic {Topic}; their edges are told")]
        public static partial void Failed(ILogger logger, int count, string topic, Exception error);
    }
}
