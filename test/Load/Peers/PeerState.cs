namespace Frontier.Load;

/// <summary>How far a connection is.</summary>
internal enum PeerState
{
    /// <summary>TCP connects.</summary>
    Connecting,

    /// <summary>Conn is sent or awaited.</summary>
    LoggingIn,

    /// <summary>Logged in.</summary>
    Online,

    /// <summary>In the closing handshake.</summary>
    Leaving,

    /// <summary>Closed.</summary>
    Gone,
}
