namespace Frontier.Gateway;

/// <summary>Where the log goes.</summary>
public enum LogOutput
{
    /// <summary>Standard output.</summary>
    Stdout,

    /// <summary>Standard error.</summary>
    Stderr,

    /// <summary>A file, in the original. Not supported yet: treated as <see cref="Stdout"/>, with a warning.</summary>
    File,

    /// <summary>Standard output and a file, in the original. Not supported yet: treated as <see cref="Stdout"/>, with a warning.</summary>
    Both,
}
