namespace Frontier.Silo;

/// <summary>The Orleans cluster, which in this version is one process that talks to itself over loopback: section <c>cluster</c>.</summary>
public sealed class LocalClusterOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "cluster";

    /// <summary><c>cluster.silo_port</c>: the loopback port for other silos. Default 0: any free one.</summary>
    [ConfigurationKeyName("silo_port")]
    public int SiloPort { get; init; }

    /// <summary><c>cluster.gateway_port</c>: the loopback port for Orleans clients. Default 0: any free one.</summary>
    [ConfigurationKeyName("gateway_port")]
    public int GatewayPort { get; init; }
}
