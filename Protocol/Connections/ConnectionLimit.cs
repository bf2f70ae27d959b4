namespace Frontier.Protocol;

/// <summary>A limit that costs a peer what it asked for, and not its connection. The name, in snake case, is the label that logs and metrics carry.</summary>
public enum ConnectionLimit
{
    /// <summary>The metadata of a login or of a stream: <see cref="ConnectionOptions.MaxMetaBytes"/>. A login is refused for it.</summary>
    MetaTooLarge,

    /// <summary>Sessions open at once: <see cref="ConnectionOptions.MaxSessions"/>.</summary>
    TooManyStreams,

    /// <summary>Registered methods: <see cref="ConnectionOptions.MaxMethods"/>.</summary>
    TooManyMethods,

    /// <summary>A method's name, or whom a stream is for: <see cref="ConnectionOptions.MaxNameBytes"/>.</summary>
    NameTooLarge,
}
