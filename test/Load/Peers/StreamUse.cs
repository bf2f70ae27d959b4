namespace Frontier.Load;

/// <summary>What the receiving end does with the bytes of a stream.</summary>
internal enum StreamUse
{
    /// <summary>Sends them back.</summary>
    Echo,

    /// <summary>Checks and counts them.</summary>
    Check,
}
