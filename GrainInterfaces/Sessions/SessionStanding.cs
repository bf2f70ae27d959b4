namespace Frontier.GrainInterfaces;

/// <summary>How a session that wants to hold its id stands.</summary>
public enum SessionStanding
{
    /// <summary>A newer session holds the id: this one is to be closed.</summary>
    Superseded = 0,

    /// <summary>The session holds the id, but the grain is on its way to the session's silo: ask again.</summary>
    Moving = 1,

    /// <summary>The session holds the id and the grain lives where its socket is.</summary>
    Held = 2,
}
