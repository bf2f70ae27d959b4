using Frontier.GrainInterfaces;

namespace Frontier.Client.Grains;

/// <summary>The edges, services and topics of a cluster, as a trusted program inside the network reaches them: by grain calls, without a connection of its own kind.</summary>
public interface IFrontier
{
    /// <summary>An edge, online or not.</summary>
    /// <param name="edgeId">Its id.</param>
    /// <exception cref="FrontierException">The cluster cannot be reached (ConnectionLost): no process of it holds such grains.</exception>
    IEdgeClient Edge(ulong edgeId);

    /// <summary>A service instance, online or not.</summary>
    /// <param name="serviceId">Its id.</param>
    /// <exception cref="FrontierException">The cluster cannot be reached (ConnectionLost): no process of it holds such grains.</exception>
    IServiceClient Service(ulong serviceId);

    /// <summary>A topic that edges publish to.</summary>
    /// <param name="topic">Its name.</param>
    /// <exception cref="FrontierException">The cluster cannot be reached (ConnectionLost): no process of it holds such grains.</exception>
    ITopicClient Topic(string topic);
}

/// <summary>What edges and services have in common: they can be called, and sent messages.</summary>
public interface IPeerClient
{
    /// <summary>Calls a method the peer registered.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="payload">The argument; must not change until the call is done.</param>
    /// <param name="options">What else to say about the call.</param>
    /// <param name="cancellationToken">Gives up; the handler is told if the peer can be.</param>
    /// <exception cref="FrontierException">
    /// The peer is not online, has no such method, answered an error, or did not answer in time; or the cluster cannot be reached (ConnectionLost).
    /// </exception>
    Task<CallResponse> CallAsync(string method, ReadOnlyMemory<byte> payload, CallOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Sends the peer a message; completes when it was acknowledged.</summary>
    /// <param name="topic">What the message is about; may be empty towards an edge.</param>
    /// <param name="payload">The content; must not change until it is acknowledged.</param>
    /// <param name="options">What else to say about the message.</param>
    /// <param name="cancellationToken">Gives up waiting; the message may have arrived.</param>
    /// <exception cref="FrontierException">As for a call.</exception>
    Task PublishAsync(string topic, ReadOnlyMemory<byte> payload, PublishOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Closes the peer's session.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>False when it has none.</returns>
    Task<bool> KickAsync(CancellationToken cancellationToken = default);
}

/// <summary>An edge.</summary>
public interface IEdgeClient : IPeerClient
{
    /// <summary>Its id.</summary>
    ulong EdgeId { get; }

    /// <summary>
    /// Sends the edge a message that may wait for it. Completes when the edge acknowledged it; or, when the edge is not online or older messages wait for it, as
    /// soon as the message is stored. Needs a cluster whose configuration says <c>edges.retain</c>.
    /// </summary>
    /// <param name="topic">What the message is about; may be empty.</param>
    /// <param name="payload">The content; must not change until it is acknowledged or stored.</param>
    /// <param name="timeToLive">How long the message may wait; the cluster has a limit, <c>edges.max_lifetime</c>.</param>
    /// <param name="custom">Bytes for the edge beside the payload.</param>
    /// <param name="cancellationToken">Gives up waiting; the message may have arrived or be stored.</param>
    /// <exception cref="FrontierException">
    /// The cluster does not keep messages for edges, or not for so long (Refused), there is no room for more (SlowConsumer), its store cannot be reached
    /// (QueueUnavailable), or the edge refused the message or did not acknowledge it in time.
    /// </exception>
    Task<PublishReceipt> PublishOrKeepAsync(
        string topic, ReadOnlyMemory<byte> payload, TimeSpan timeToLive, ReadOnlyMemory<byte> custom = default, CancellationToken cancellationToken = default);

    /// <summary>
    /// Waits until it is certain what became of a message that waits for the edge. To be asked while the message waits or soon after: the cluster remembers the
    /// last outcomes of an edge for half a minute, and not beyond the end of a process; then it is <see cref="EdgeMessageOutcome.Unknown"/>.
    /// </summary>
    /// <param name="id">The message, <see cref="PublishReceipt.Id"/>.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<EdgeMessageOutcome> WaitForOutcomeAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>What is known of the edge; null when it is not online.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<EdgeDescription?> DescribeAsync(CancellationToken cancellationToken = default);
}

/// <summary>A service instance.</summary>
public interface IServiceClient : IPeerClient
{
    /// <summary>Its id.</summary>
    ulong ServiceId { get; }

    /// <summary>What is known of the service; null when it is not online.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<ServiceDescription?> DescribeAsync(CancellationToken cancellationToken = default);
}

/// <summary>A topic.</summary>
public interface ITopicClient
{
    /// <summary>Its name.</summary>
    string Topic { get; }

    /// <summary>Delivers a message to one of those who take the topic, as if an edge had published it; completes when it was acknowledged.</summary>
    /// <param name="edgeId">The edge on whose behalf: receivers see its id, and it decides which of several gets the message.</param>
    /// <param name="payload">The content; must not change until it is acknowledged.</param>
    /// <param name="options">What else to say about the message.</param>
    /// <param name="cancellationToken">Gives up waiting; the message may have arrived.</param>
    /// <exception cref="FrontierException">Nobody takes the topic, or the receiver refused the message or did not acknowledge it in time.</exception>
    Task PublishAsync(ulong edgeId, ReadOnlyMemory<byte> payload, PublishOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>How many service instances take the topic now.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<int> CountSubscribersAsync(CancellationToken cancellationToken = default);
}
