namespace Frontier.Queues;

/// <summary>One connection of a <see cref="ConnectedProducer"/> to its server.</summary>
internal interface IQueueConnection : IAsyncDisposable
{
    /// <summary>Fails when the connection is lost.</summary>
    Task Lost { get; }

    /// <summary>
    /// Writes messages in order. Returns when they are written; each is confirmed or fails later, when the server has answered. A message that this
    /// server cannot take at all fails at once and is not written.
    /// </summary>
    /// <exception cref="Exception">The connection is not good any more.</exception>
    ValueTask WriteAsync(IReadOnlyList<Outgoing> messages, CancellationToken cancellationToken);

    /// <summary>Called every second: looks for answers that do not come.</summary>
    /// <exception cref="Exception">The connection is to be given up.</exception>
    void Check();

    /// <summary>Fails everything that is not confirmed.</summary>
    void FailAll(FrontierException error);
}
