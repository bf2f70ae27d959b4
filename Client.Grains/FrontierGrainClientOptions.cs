using System.Net;
using StackExchange.Redis;

namespace Frontier.Client.Grains;

/// <summary>How a trusted program joins a cluster as a client of its grains.</summary>
public sealed class FrontierGrainClientOptions
{
    /// <summary>The cluster's id, <c>cluster.cluster_id</c> of its configuration.</summary>
    public string ClusterId { get; set; } = "frontier";

    /// <summary>The cluster's service id, <c>cluster.service_id</c> of its configuration.</summary>
    public string ServiceId { get; set; } = "frontier";

    /// <summary>
    /// The Redis in which the cluster keeps its members, as StackExchange.Redis reads it, for example <c>redis:6379,password=…</c>; null to use <see cref="Gateways"/>.
    /// </summary>
    public string? Redis { get; set; }

    /// <summary>
    /// Where processes of the cluster take Orleans clients, when it has no Redis: what <c>cluster.gateway_port</c> of their configuration says. Not the ports of edges and services.
    /// </summary>
    public IList<IPEndPoint> Gateways { get; } = [];

    /// <summary>How long to try to reach the cluster when the host starts, before its start fails.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is wrong; names it.</exception>
    internal void Validate()
    {
        Require(!string.IsNullOrEmpty(ClusterId), nameof(ClusterId), "must be set");
        Require(!string.IsNullOrEmpty(ServiceId), nameof(ServiceId), "must be set");
        Require((Redis is null) == (Gateways.Count > 0), nameof(Gateways), $"or {nameof(Redis)} must be set, and not both");
        Require(Gateways.All(gateway => gateway is { Port: > 0 }), nameof(Gateways), "must have ports");
        Require(ConnectTimeout >= TimeSpan.Zero, nameof(ConnectTimeout), "must not be negative");
        if (Redis is not null)
        {
            _ = ConfigurationOptions.Parse(Redis); // Names what is wrong.
        }
    }

    private static void Require(bool condition, string name, string rule)
    {
        if (!condition)
        {
            throw new ArgumentException($"{nameof(FrontierGrainClientOptions)}.{name} {rule}.", name);
        }
    }
}
