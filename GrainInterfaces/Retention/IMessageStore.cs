namespace Frontier.GrainInterfaces;

/// <summary>
/// Keeps messages of topics until somebody takes them: bounded, expiring, in order. A topic's messages are one box. A box is written by one grain at a time;
/// members are called from many threads.
/// </summary>
public interface IMessageStore
{
    /// <summary>Adds messages behind those that a box has.</summary>
    /// <param name="rule">The box's bounds.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="messages">The messages, in order.</param>
    /// <returns>How many of them, from the first on, are stored; there was no room for the rest.</returns>
    /// <exception cref="FrontierException">
    /// The store cannot be reached (<see cref="FrontierErrorCode.QueueUnavailable"/>), and may have the messages; or its server has no memory left
    /// (<see cref="FrontierErrorCode.StoreFull"/>).
    /// </exception>
    Task<AppendResult> AppendAsync(RetentionRule rule, string topic, IReadOnlyList<StoredMessage> messages);

    /// <summary>The oldest messages of a box that have not expired.</summary>
    /// <param name="rule">The box's bounds.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="count">How many at most.</param>
    /// <exception cref="FrontierException">The store cannot be reached.</exception>
    Task<IReadOnlyList<StoredEntry>> ReadAsync(RetentionRule rule, string topic, int count);

    /// <summary>Takes messages out of a box.</summary>
    /// <exception cref="FrontierException">The store cannot be reached; the messages may still be there.</exception>
    Task RemoveAsync(string topic, IReadOnlyList<string> places);

    /// <summary>The topics that may have messages.</summary>
    /// <exception cref="FrontierException">The store cannot be reached.</exception>
    Task<IReadOnlyList<string>> ListAsync();

    /// <summary>A box is empty, and nobody is adding to it: it need not be listed any more.</summary>
    /// <exception cref="FrontierException">The store cannot be reached.</exception>
    Task ForgetAsync(string topic);
}
