namespace Frontier.Gateway;

/// <summary>Which way something goes through the gateway.</summary>
internal enum Direction
{
    /// <summary>From an edge to a service.</summary>
    EdgeToService,

    /// <summary>From a service to an edge.</summary>
    ServiceToEdge,
}

/// <summary>What is forwarded.</summary>
internal enum Traffic
{
    /// <summary>A call.</summary>
    Call,

    /// <summary>A message.</summary>
    Message,

    /// <summary>A stream being opened.</summary>
    Stream,
}

/// <summary>How it ended, as metrics count it: a few values, never a text from a peer.</summary>
internal enum Outcome
{
    /// <summary>It was answered without error.</summary>
    Ok,

    /// <summary>The receiver answered with an error.</summary>
    PeerError,

    /// <summary>Nobody to take it: edge, service, method or topic not online.</summary>
    NotOnline,

    /// <summary>The deadline passed.</summary>
    Timeout,

    /// <summary>The sender gave up.</summary>
    Canceled,

    /// <summary>The receiver went away before it answered.</summary>
    ReceiverLost,

    /// <summary>The receiver's outbound buffer is full.</summary>
    SlowConsumer,

    /// <summary>Too many in flight.</summary>
    RateLimited,

    /// <summary>Too large.</summary>
    TooLarge,

    /// <summary>Not allowed, or not addressed properly.</summary>
    Refused,
}
