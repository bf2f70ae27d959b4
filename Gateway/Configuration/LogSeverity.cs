namespace Frontier.Gateway;

/// <summary>Log levels under the names they have in Go.</summary>
public enum LogSeverity
{
    /// <summary>Every step.</summary>
    Trace,

    /// <summary>For finding a fault.</summary>
    Debug,

    /// <summary>What an operator may want to know.</summary>
    Info,

    /// <summary>Something is off, and handled.</summary>
    Warn,

    /// <summary>Something failed.</summary>
    Error,

    /// <summary>The process cannot go on.</summary>
    Fatal,
}
