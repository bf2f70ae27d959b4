namespace Frontier.GrainInterfaces;

/// <summary>What became of a message that waits for an edge.</summary>
public enum EdgeMailOutcome
{
    /// <summary>It is not known (any more).</summary>
    Unknown = 0,

    /// <summary>It waits.</summary>
    Waiting = 1,

    /// <summary>The edge has acknowledged it.</summary>
    Delivered = 2,

    /// <summary>The edge did not come in time.</summary>
    Expired = 3,

    /// <summary>The edge did not want it.</summary>
    Refused = 4,
}
