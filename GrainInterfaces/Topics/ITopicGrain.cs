namespace Frontier.GrainInterfaces;

/// <summary>One topic (key: its name): who receives it, and what happens when nobody does.</summary>
[Alias("frontier.ITopicGrain")]
public interface ITopicGrain : IGrainWithStringKey
{
    /// <summary>A service instance takes the topic. Renewing an existing subscription is allowed.</summary>
    [Alias("subscribe")]
    ValueTask SubscribeAsync(TopicSubscription subscription);

    /// <summary>A service instance no longer takes the topic. Ignored when a later session of the instance subscribed since.</summary>
    [Alias("unsubscribe")]
    ValueTask UnsubscribeAsync(ulong serviceId, long epoch);

    /// <summary>
    /// Delivers an edge's message to one subscriber, chosen by the edge's id, and returns when the subscriber acknowledged it.
    /// A subscriber that turns out to be gone is dropped and the next one is tried.
    /// </summary>
    /// <exception cref="FrontierException">Nobody takes the topic, or the subscriber refused the message or did not acknowledge it in time.</exception>
    [Alias("publish"), ResponseTimeout(GrainTimeouts.Forwarding)]
    Task PublishAsync(ulong edgeId, MessageRequest message, CancellationToken cancellationToken = default);

    /// <summary>
    /// Delivers messages of one gateway's edges, in their order, and returns when each has been taken or has failed. Nothing is thrown for a message: the result says it.
    /// </summary>
    [Alias("publishBatch"), ResponseTimeout(GrainTimeouts.Forwarding)]
    Task<TopicBatchResult> PublishBatchAsync(TopicBatch batch);

    /// <summary>Has the topic look after the messages that are kept for it.</summary>
    [Alias("wake")]
    ValueTask WakeAsync();

    /// <summary>Who receives the topic now.</summary>
    [Alias("describe")]
    Task<IReadOnlyList<TopicSubscription>> DescribeAsync();
}

/// <summary>A service instance that takes a topic.</summary>
/// <param name="ServiceId">The instance's id.</param>
/// <param name="Epoch">The epoch of its session.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.TopicSubscription")]
public readonly record struct TopicSubscription([property: Id(0)] ulong ServiceId, [property: Id(1)] long Epoch);
