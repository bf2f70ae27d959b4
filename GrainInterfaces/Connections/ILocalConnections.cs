namespace Frontier.GrainInterfaces;

/// <summary>
/// The sockets of this process, as its grains see them. The gateway implements it; a process without the gateway role has none.
/// Sockets never live in a grain: a grain finds its connection here each time, by id and epoch.
/// </summary>
/// <remarks>
/// What grains rely on: a session is listed as soon as its claim was answered, before its login is over, unless an older session of the id is
/// listed here; that one stays listed until the newer one's confirm was answered, so that the grain can close it. (A gateway that lets the
/// newer one take its place earlier closes the older one itself.) A session is no longer listed when its release is sent.
/// Members are called from many threads.
/// </remarks>
public interface ILocalConnections
{
    /// <summary>The id of the gateway in this process.</summary>
    string GatewayId { get; }

    /// <summary>The session that holds the edge id here, logged in or about to be; null when there is none.</summary>
    IEdgeLink? FindEdge(ulong edgeId);

    /// <summary>The session that holds the service id here; null when there is none.</summary>
    IServiceLink? FindService(ulong serviceId);
}

/// <summary>A session in this process that grains can reach: an edge's or a service's.</summary>
public interface ISessionLink
{
    /// <summary>The session's epoch.</summary>
    long Epoch { get; }

    /// <summary>Calls a method the peer registered.</summary>
    /// <exception cref="FrontierException">The peer has no such method, answered an error, went away, or did not answer in time.</exception>
    Task<CallResult> CallAsync(CallRequest request, CancellationToken cancellationToken);

    /// <summary>Sends a message and returns when the peer acknowledged it.</summary>
    /// <exception cref="FrontierException">The peer refused the message, went away, or did not acknowledge it in time.</exception>
    Task PublishAsync(MessageRequest message, CancellationToken cancellationToken);

    /// <summary>Starts the session's close handshake; returns at once.</summary>
    void Close(SessionCloseReason reason);
}

/// <summary>An edge's session in this process.</summary>
public interface IEdgeLink : ISessionLink
{
    /// <summary>What is known of the edge.</summary>
    EdgeDescription Describe();
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
