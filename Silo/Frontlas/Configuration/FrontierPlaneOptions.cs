using Frontier.Gateway;
using Microsoft.Extensions.Options;
using GatewayListenOptions = Frontier.Gateway.ListenOptions;

namespace Frontier.Silo;

/// <summary>The port where frontiers of the original report what they hold, for the time of a migration: section <c>frontier_plane</c>.</summary>
public sealed class FrontierPlaneOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "frontier_plane";

    /// <summary>
    /// <c>frontier_plane.enable</c>: whether the port is opened. Default: when <c>frontier_plane.listen.addr</c> is set, as in a configuration of the
    /// original's Frontlas, and not otherwise, because whoever reaches it can report what he likes.
    /// </summary>
    [ConfigurationKeyName("enable")]
    public bool Enable { get; set; }

    /// <summary>
    /// <c>frontier_plane.listen</c>: where it listens; the environment's <c>FRONTLAS_FRONTIERPLANE_PORT</c> sets the port alone. Default
    /// <c>0.0.0.0:40012</c>.
    /// </summary>
    [ConfigurationKeyName("listen")]
    public GatewayListenOptions Listen { get; init; } = new() { Addr = "0.0.0.0:40012" };

    /// <summary><c>frontier_plane.expiration</c>: how long what was reported holds without a heartbeat.</summary>
    [ConfigurationKeyName("expiration")]
    public ReportExpirationOptions Expiration { get; init; } = new();
}

/// <summary>How long reports hold: the group <c>frontier_plane.expiration</c>.</summary>
public sealed class ReportExpirationOptions
{
    /// <summary><c>service_meta</c>: of services, in whole seconds as the original has it. Default 30.</summary>
    [ConfigurationKeyName("service_meta")]
    public int ServiceMeta { get; init; } = 30;

    /// <summary><c>edge_meta</c>: of edges, in whole seconds as the original has it. Default 30.</summary>
    [ConfigurationKeyName("edge_meta")]
    public int EdgeMeta { get; init; } = 30;
}

/// <summary>Checks the section <c>frontier_plane</c>.</summary>
internal sealed class FrontierPlaneOptionsValidator : SectionValidator<FrontierPlaneOptions>
{
    /// <inheritdoc/>
    protected override void Check(FrontierPlaneOptions options, ICollection<string> failures)
    {
        if (options.Enable)
        {
            ListenRules.Check($"{FrontierPlaneOptions.Section}.listen", options.Listen, failures);
        }

        NumberRules.AtLeast($"{FrontierPlaneOptions.Section}.expiration.service_meta", options.Expiration.ServiceMeta, 1, failures);
        NumberRules.AtLeast($"{FrontierPlaneOptions.Section}.expiration.edge_meta", options.Expiration.EdgeMeta, 1, failures);
    }
}

/// <summary>Opens the port where the configuration names its address and does not say whether to.</summary>
internal sealed class FrontierPlaneOptionsDefaults(IConfiguration configuration) : IPostConfigureOptions<FrontierPlaneOptions>
{
    /// <inheritdoc/>
    public void PostConfigure(string? name, FrontierPlaneOptions options)
    {
        if (string.IsNullOrEmpty(configuration[$"{FrontierPlaneOptions.Section}:enable"]))
        {
            options.Enable = !string.IsNullOrEmpty(configuration[$"{FrontierPlaneOptions.Section}:listen:addr"]);
        }
    }
}
