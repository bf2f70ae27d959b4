namespace Frontier.Protocol;

/// <summary>Why a connection ended. The name, in snake case, is the label that logs and metrics carry.</summary>
public enum DisconnectReason
{
    /// <summary>Still connected.</summary>
    None = 0,

    /// <summary>Both sides finished the closing handshake.</summary>
    Closed,

    /// <summary>The peer's socket ended without a closing handshake.</summary>
    ConnectionLost,

    /// <summary>The first byte was not the protocol's version.</summary>
    BadVersion,

    /// <summary>A packet type that does not exist.</summary>
    UnknownFrameType,

    /// <summary>A frame above the size limit.</summary>
    FrameTooLarge,

    /// <summary>A body shorter than its fixed part.</summary>
    TruncatedBody,

    /// <summary>A body that is not the JSON it should be.</summary>
    MalformedJson,

    /// <summary>A member that should be base64 and is not.</summary>
    MalformedBase64,

    /// <summary>A binary body whose fields are not what they should be.</summary>
    MalformedBinary,

    /// <summary>A text that is not UTF-8.</summary>
    MalformedUtf8,

    /// <summary>A time that is not RFC 3339.</summary>
    MalformedTime,

    /// <summary>A frame that has no business in the connection's state, or an id that is not the sender's to use.</summary>
    UnexpectedFrame,

    /// <summary>The handshake did not finish in time.</summary>
    HandshakeTimeout,

    /// <summary>Nothing was heard for two heartbeat intervals.</summary>
    HeartbeatTimeout,

    /// <summary>The peer did not read what was sent to it.</summary>
    SlowConsumer,

    /// <summary>The login was refused.</summary>
    Refused,

    /// <summary>A newer session took the id.</summary>
    Superseded,

    /// <summary>An operator or a program asked for it.</summary>
    Kicked,

    /// <summary>This side is shutting down.</summary>
    ShuttingDown,

    /// <summary>The process holds as many connections as it may.</summary>
    TooManyConnections,

    /// <summary>The source address holds as many connections as it may.</summary>
    TooManyConnectionsFromSource,

    /// <summary>Something failed on this side; the log has it.</summary>
    InternalError,

    /// <summary>All peers together sent more of incomplete frames than the process may hold, and this one had the most.</summary>
    InputMemoryExceeded,
}
