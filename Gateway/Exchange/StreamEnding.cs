namespace Frontier.Gateway;

/// <summary>How one direction of a stream ended.</summary>
internal enum StreamEnding
{
    /// <summary>More may come.</summary>
    None,

    /// <summary>The sender said that it was all.</summary>
    InOrder,

    /// <summary>The sender gave up before it had sent everything.</summary>
    Aborted,

    /// <summary>A connection on the way is lost, and the other direction with it.</summary>
    Cut,
}
