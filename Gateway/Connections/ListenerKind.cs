namespace Frontier.Gateway;

/// <summary>Which share of the process's connections a listener takes from.</summary>
internal enum ListenerKind
{
    /// <summary>Edges.</summary>
    Edges,

    /// <summary>Services, and frontiers of the original.</summary>
    Services,

    /// <summary>Control plane, Frontlas façade, dashboard.</summary>
    Http,

    /// <summary>Health and metrics.</summary>
    Health,
}
