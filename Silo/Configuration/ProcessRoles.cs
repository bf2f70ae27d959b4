namespace Frontier.Silo;

/// <summary>What a process does.</summary>
[Flags]
internal enum ProcessRoles
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It listens for edges and services, and holds the grains of their sessions.</summary>
    Gateway = 1,

    /// <summary>It holds all other grains: topics, the service catalog.</summary>
    Silo = 2,

    /// <summary>Both.</summary>
    All = Gateway | Silo,
}
