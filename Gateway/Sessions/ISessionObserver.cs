namespace Frontier.Gateway;

/// <summary>Hears when a session has logged in and when it is gone. It is called on the session's own way, so it must only take note.</summary>
internal interface ISessionObserver
{
    /// <summary>The session of an id has begun or ended; which of them, and whether there is one, is for the caller to look up.</summary>
    void OnChanged(PeerKind kind, ulong id);
}
