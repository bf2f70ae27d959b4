namespace Frontier.Client;

/// <summary>What became of a message that waited for an edge.</summary>
public enum EdgeMessageOutcome
{
    /// <summary>It is not known, or not any more.</summary>
    Unknown = 0,

    /// <summary>The edge has acknowledged it.</summary>
    Delivered = 1,

    /// <summary>The edge did not come in time.</summary>
    Expired = 2,

    /// <summary>The edge did not want it.</summary>
    Refused = 3,
}
