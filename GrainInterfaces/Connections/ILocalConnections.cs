namespace Frontier.GrainInterfaces;

/// <summary>
/// The sockets of this process, as its grains see them. The gateway implements it; a process without the gateway role has none.
/// Sockets never live in a grain: a grain finds its connection here each time, by id and epoch.
/// </summary>
/// <remarks>
/// What grains rely on: from the answer to its claim until it closes, a session is found by its id and epoch, whether its login is over or
/// not; so a newer session, wherever it is, can have it closed. By its id alone the session is found to which requests go: the one that is
/// logged in, or, where none is, one that is logging in. A session that closes is not found any more, and its release is sent after that.
/// Members are called from many threads.
/// </remarks>
public interface ILocalConnections
{
    /// <summary>The id of the gateway in this process.</summary>
    string GatewayId { get; }

    /// <summary>The edges that were here when the gateway began to leave, as a filter that gateways read; empty before that.</summary>
    ReadOnlyMemory<byte> HeldEdges => default;

    /// <summary>The session that holds the edge id here, logged in or about to be; null when there is none.</summary>
    IEdgeLink? FindEdge(ulong edgeId);

    /// <summary>The edge's session of this epoch, logged in or about to be; null when there is none here (any more).</summary>
    IEdgeLink? FindEdge(ulong edgeId, long epoch) => FindEdge(edgeId) is { } link && link.Epoch == epoch ? link : null;

    /// <summary>The session that holds the service id here; null when there is none.</summary>
    IServiceLink? FindService(ulong serviceId);

    /// <summary>The service's session of this epoch, logged in or about to be; null when there is none here (any more).</summary>
    IServiceLink? FindService(ulong serviceId, long epoch) => FindService(serviceId) is { } link && link.Epoch == epoch ? link : null;
}

/// <summary>A session in this process that grains can reach: an edge's or a service's.</summary>
public interface ISessionLink
{
    /// <summary>The session's epoch.</summary>
    long Epoch { get; }

    /// <summary>Whether nothing new is sent to the peer any more: the session is closed or about to be.</summary>
    bool IsLeaving => false;

    /// <summary>Calls a method the peer registered.</summary>
    /// <exception cref="FrontierException">The peer has no such method, answered an error, went away, or did not answer in time.</exception>
    Task<CallResult> CallAsync(CallRequest request, CancellationToken cancellationToken);

    /// <summary>Sends a message and returns when the peer acknowledged it.</summary>
    /// <exception cref="FrontierException">The peer refused the message, went away, or did not acknowledge it in time.</exception>
    Task PublishAsync(MessageRequest message, CancellationToken cancellationToken);

    /// <summary>Starts the session's close handshake; returns at once. Closing again changes nothing.</summary>
    void Close(SessionCloseReason reason);
}

/// <summary>An edge's session in this process.</summary>
public interface IEdgeLink : ISessionLink
{
    /// <summary>What is known of the edge.</summary>
    EdgeDescription Describe();

    /// <summary>
    /// Asks the edge for a sign of life. Where there is none in time the session is closed, and the answer comes when services have been told that the edge is gone,
    /// so that they hear of it before they hear of the next session.
    /// </summary>
    /// <returns>False when the session is over.</returns>
    Task<bool> ProbeAsync() => Task.FromResult(true);

    /// <summary>Whether the edge was asked to move to another gateway and was given these bytes to show there.</summary>
    bool IsMovingWith(ReadOnlySpan<byte> token) => false;
}

/// <summary>A service's session in this process.</summary>
public interface IServiceLink : ISessionLink
{
    /// <summary>What is known of the service.</summary>
    ServiceDescription Describe();
}

/// <summary>Why the gateway closes a session of its own accord.</summary>
public enum SessionCloseReason
{
    /// <summary>A newer session took the id.</summary>
    Superseded = 1,

    /// <summary>An operator or a program asked for it.</summary>
    Kicked = 2,

    /// <summary>The gateway is leaving.</summary>
    Draining = 3,
}
