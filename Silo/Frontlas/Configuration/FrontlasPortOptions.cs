using Frontier.Gateway;
using GatewayListenOptions = Frontier.Gateway.ListenOptions;

namespace Frontier.Silo;

/// <summary>The port where cluster services ask about the whole cluster, as the original's Frontlas: section <c>control_plane</c>, its name there.</summary>
public sealed class FrontlasPortOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "control_plane";

    /// <summary><c>control_plane.enable</c>: whether the port is opened. Default true.</summary>
    [ConfigurationKeyName("enable")]
    public bool Enable { get; init; } = true;

    /// <summary>
    /// <c>control_plane.listen</c>: where it listens; the environment's <c>FRONTLAS_CONTROLPLANE_PORT</c> sets the port alone. Default <c>0.0.0.0:40011</c>.
    /// </summary>
    [ConfigurationKeyName("listen")]
    public GatewayListenOptions Listen { get; init; } = new() { Addr = "0.0.0.0:40011" };

    /// <summary><c>control_plane.auth</c>: who may use it. Default: everybody.</summary>
    [ConfigurationKeyName("auth")]
    public AuthOptions Auth { get; init; } = new();
}

/// <summary>Checks the section <c>control_plane</c>, unless it is switched off.</summary>
internal sealed class FrontlasPortOptionsValidator : SectionValidator<FrontlasPortOptions>
{
    /// <inheritdoc/>
    protected override void Check(FrontlasPortOptions options, ICollection<string> failures)
    {
        if (options.Enable)
        {
            ListenRules.Check($"{FrontlasPortOptions.Section}.listen", options.Listen, failures);
            AuthRules.Check($"{FrontlasPortOptions.Section}.auth", options.Auth, failures);
        }
    }
}
