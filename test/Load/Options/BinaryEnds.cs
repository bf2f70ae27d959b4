namespace Frontier.Load;

/// <summary>Which ends announce that they read and write bodies without JSON and base64.</summary>
[Flags]
public enum BinaryEnds
{
    /// <summary>Neither: as Go ends are.</summary>
    None = 0,

    /// <summary>Edges.</summary>
    Edges = 1,

    /// <summary>Services.</summary>
    Services = 2,

    /// <summary>Both.</summary>
    Both = Edges | Services,
}
