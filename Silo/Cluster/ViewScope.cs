namespace Frontier.Silo;

/// <summary>What an operator looks at.</summary>
internal enum ViewScope
{
    /// <summary>All gateways.</summary>
    Cluster,

    /// <summary>The gateway in this process.</summary>
    Node,
}
