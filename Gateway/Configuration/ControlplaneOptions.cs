using Microsoft.Extensions.Configuration;

namespace Frontier.Gateway;

/// <summary>The port for operators and their programs: section <c>controlplane</c>.</summary>
public sealed class ControlplaneOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "controlplane";

    /// <summary><c>controlplane.enable</c>: whether the port is opened. Default true.</summary>
    [ConfigurationKeyName("enable")]
    public bool Enable { get; init; } = true;

    /// <summary><c>controlplane.listen</c>: where it listens. Default <c>0.0.0.0:30010</c>.</summary>
    [ConfigurationKeyName("listen")]
    public ListenOptions Listen { get; init; } = new() { Addr = "0.0.0.0:30010" };

    /// <summary><c>controlplane.auth</c>: who may use it. Default: everybody.</summary>
    [ConfigurationKeyName("auth")]
    public AuthOptions Auth { get; init; } = new();
}
