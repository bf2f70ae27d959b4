using Microsoft.Extensions.Configuration;

namespace Frontier.Gateway;

/// <summary>The process as a whole: section <c>daemon</c>.</summary>
public sealed class DaemonOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "daemon";

    /// <summary>
    /// <c>daemon.frontier_id</c>: this gateway's id, unique among the gateways of a cluster.
    /// Default: <c>frontier-</c> and the environment's <c>NODE_NAME</c>, or the host's name where that is not set.
    /// </summary>
    [ConfigurationKeyName("frontier_id")]
    public string FrontierId { get; set; } = "";

    /// <summary>
    /// <c>daemon.drain_timeout</c>, or whole seconds in the environment's <c>FRONTIER_DRAIN_SECONDS</c>: how long a shutdown may take before
    /// what is left is cut off. Default 30 s, the original's.
    /// </summary>
    [ConfigurationKeyName("drain_timeout")]
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
