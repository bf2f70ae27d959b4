namespace Frontier.Client;

/// <summary>How a client stands with its gateway.</summary>
public enum FrontierConnectionState
{
    /// <summary>Not started.</summary>
    Idle,

    /// <summary>On the way to the first connection.</summary>
    Connecting,

    /// <summary>Logged in, and the gateway knows every method.</summary>
    Connected,

    /// <summary>The connection ended; a new one is being tried for.</summary>
    Reconnecting,

    /// <summary>Over for good: closed, refused, or the connection ended and no other is wanted.</summary>
    Closed,
}
