namespace Frontier;

/// <summary>Why an operation failed, stable across versions and languages; the contract's error strings map to and from it (<see cref="FrontierErrorText"/>).</summary>
public enum FrontierErrorCode
{
    /// <summary>The peer's handler, or something this version has no code for, failed; see the text.</summary>
    Unknown = 0,

    /// <summary>No live session holds the edge id.</summary>
    EdgeNotOnline = 1,

    /// <summary>No live session holds the service id, or nobody carries the service name.</summary>
    ServiceNotOnline = 2,

    /// <summary>No service serves the method (<c>record not found</c>), or the peer has no such handler (<c>no such rpc: METHOD</c>).</summary>
    MethodNotFound = 3,

    /// <summary>Nobody takes the topic.</summary>
    TopicNotOnline = 4,

    /// <summary>The deadline passed before an answer came. The operation may still have happened.</summary>
    Timeout = 5,

    /// <summary>The caller gave up before an answer came. The operation may still have happened.</summary>
    Canceled = 6,

    /// <summary>The other end refused: a login hook, a rule, or a name reserved for services.</summary>
    Refused = 7,

    /// <summary>A limit on rate or on requests in flight was hit; a later try may succeed.</summary>
    RateLimited = 8,

    /// <summary>A frame, a name or metadata is larger than the limit allows.</summary>
    TooLarge = 9,

    /// <summary>The receiver does not read fast enough and its outbound buffer is full.</summary>
    SlowConsumer = 10,

    /// <summary>The gateway is leaving and takes no new work.</summary>
    GatewayDraining = 11,

    /// <summary>A peer broke the wire protocol.</summary>
    Protocol = 12,

    /// <summary>The id in front of the operation is not an edge id: missing, too short, or zero.</summary>
    IllegalEdgeId = 13,

    /// <summary>The connection or stream that carried the operation closed.</summary>
    ConnectionLost = 14,

    /// <summary>The external message queue that takes the topic cannot be reached, or went away before it confirmed the message.</summary>
    QueueUnavailable = 15,

    /// <summary>The message was to be kept for later, and so much is kept already that there is no room; a later try may succeed.</summary>
    StoreFull = 16,

    /// <summary>Another session that is alive holds the edge id that the login asked for.</summary>
    EdgeIdInUse = 17,
}
