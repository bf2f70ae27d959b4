namespace Frontier.GrainInterfaces;

/// <summary>Brings messages to one external message queue. Reconnects by itself; members are called from many threads.</summary>
public interface IQueueProducer
{
    /// <summary>The queue's name, as in the configuration: <c>kafka</c>, <c>amqp</c>, <c>nats</c>, <c>jetstream</c>, <c>nsq</c>, <c>redis</c>, <c>redis-stream</c>.</summary>
    string Name { get; }

    /// <summary>How the queue is now.</summary>
    QueueStatus Describe();

    /// <summary>
    /// Hands a message over. Messages reach the queue in the order in which this is called, provided that the next call is made when this one has completed;
    /// waiting for the confirmation in between is not necessary.
    /// </summary>
    /// <param name="message">The message. Its payload must not change until the confirmation.</param>
    /// <param name="cancellationToken">Ends the waiting for room.</param>
    /// <returns>
    /// Completes when there was room for the message, with a task that completes when the queue has confirmed it, or fails with a <see cref="FrontierException"/>:
    /// the queue refused the message, could not be reached before the message's deadline, or went away before it confirmed, in which case it may have the message.
    /// </returns>
    ValueTask<Task> SendAsync(QueueMessage message, CancellationToken cancellationToken);
}

/// <summary>The external message queues that this process produces to.</summary>
public interface IQueues
{
    /// <summary>Which topics go where.</summary>
    IReadOnlyList<QueueRoute> Routes { get; }

    /// <summary>The queues.</summary>
    IReadOnlyList<IQueueProducer> All { get; }

    /// <summary>A queue by its name; null when this process has none of that name.</summary>
    IQueueProducer? Find(string name);
}
