using System.Globalization;

namespace Frontier.Silo;

/// <summary>The cluster this process is part of: section <c>cluster</c>. Without a Redis server the process is a cluster of its own, over loopback.</summary>
public sealed class ClusteringOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "cluster";

    /// <summary>
    /// <c>cluster.roles</c>, or the environment's <c>FRONTIER_ROLES</c>, or <c>--roles</c>: what this process does: <c>gateway</c>, <c>silo</c>,
    /// both with a comma between them, or <c>all</c>. Default <c>all</c>.
    /// </summary>
    [ConfigurationKeyName("roles")]
    public string Roles { get; init; } = "all";

    /// <summary>
    /// <c>cluster.redis</c>: the Redis server through which the processes find each other, as <c>host:port[,password=…][,user=…][,ssl=true][,defaultDatabase=n]</c>
    /// (StackExchange.Redis' form). Default: none, unless the section <c>redis</c> names one.
    /// </summary>
    [ConfigurationKeyName("redis")]
    public string Redis { get; init; } = "";

    /// <summary>
    /// <c>cluster.retention_redis</c>: a Redis server of its own for messages that are kept for later, in the form of <c>cluster.redis</c>; one that is full then
    /// stops nothing but them. Default: that of the cluster.
    /// </summary>
    [ConfigurationKeyName("retention_redis")]
    public string RetentionRedis { get; init; } = "";

    /// <summary><c>cluster.cluster_id</c>: which cluster, of those that use the same Redis server. Default <c>frontier</c>.</summary>
    [ConfigurationKeyName("cluster_id")]
    public string ClusterId { get; init; } = "frontier";

    /// <summary><c>cluster.service_id</c>: the name under which the cluster keeps things across deployments. Default <c>frontier</c>.</summary>
    [ConfigurationKeyName("service_id")]
    public string ServiceId { get; init; } = "frontier";

    /// <summary><c>cluster.listen_addr</c>: the address, without a port, on which this process listens for the others. Default <c>0.0.0.0</c>: all.</summary>
    [ConfigurationKeyName("listen_addr")]
    public string ListenAddr { get; init; } = "0.0.0.0";

    /// <summary>
    /// <c>cluster.advertised_addr</c>: the address or host name, without a port, under which the others reach this process. Default:
    /// <c>cluster.listen_addr</c> when that is a single one, else the environment's <c>POD_IP</c>, else the address of the default route.
    /// </summary>
    [ConfigurationKeyName("advertised_addr")]
    public string AdvertisedAddr { get; init; } = "";

    /// <summary><c>cluster.silo_port</c>: the port for the other processes. Default 0: any free one; the others learn it through Redis.</summary>
    [ConfigurationKeyName("silo_port")]
    public int SiloPort { get; init; }

    /// <summary><c>cluster.gateway_port</c>: the port for Orleans clients. Default 0: any free one.</summary>
    [ConfigurationKeyName("gateway_port")]
    public int GatewayPort { get; init; }

    /// <summary><c>cluster.join_timeout</c>: how long a start waits for Redis and for a place in the cluster before it fails. Default 5 min, as Orleans.</summary>
    [ConfigurationKeyName("join_timeout")]
    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// <c>cluster.directory</c>: who knows on which gateway an edge is: <c>distributed</c>, the processes themselves in shares, or <c>redis</c>, the cluster's Redis
    /// server, without which nobody logs in then. The same for all processes of a cluster. Default <c>distributed</c>.
    /// </summary>
    [ConfigurationKeyName("directory")]
    public DirectoryKind Directory { get; init; } = DirectoryKind.Distributed;

    /// <summary>What this process does.</summary>
    internal ProcessRoles ProcessRoles => TryParseRoles(Roles, out var roles) ? roles : ProcessRoles.All;

    /// <summary>Reads <see cref="Roles"/>.</summary>
    internal static bool TryParseRoles(string text, out ProcessRoles roles)
    {
        roles = ProcessRoles.None;
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            switch (word.ToLower(CultureInfo.InvariantCulture))
            {
                case "gateway":
                    roles |= ProcessRoles.Gateway;
                    break;
                case "silo":
                    roles |= ProcessRoles.Silo;
                    break;
                case "all":
                    roles |= ProcessRoles.All;
                    break;
                default:
                    return false;
            }
        }

        return true;
    }
}

/// <summary>Who knows where grains, and with them edges, are.</summary>
public enum DirectoryKind
{
    /// <summary>The processes of the cluster, each for a share of the ids; recovered from the living when one is lost.</summary>
    Distributed,

    /// <summary>The cluster's Redis server.</summary>
    Redis,
}
