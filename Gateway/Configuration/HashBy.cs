namespace Frontier.Gateway;

/// <summary>How one of several service instances is chosen for what an edge sends.</summary>
public enum HashBy
{
    /// <summary>By the edge's id, modulo the number of instances: the same edge goes to the same instance while the set is stable.</summary>
    EdgeId,

    /// <summary>By the edge's source address.</summary>
    SrcIp,

    /// <summary>At random.</summary>
    Random,
}
