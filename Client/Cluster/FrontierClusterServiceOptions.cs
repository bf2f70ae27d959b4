using System.Net;

namespace Frontier.Client;

/// <summary>How a service connects to a cluster of gateways. Immutable.</summary>
public sealed record FrontierClusterServiceOptions
{
    /// <summary>
    /// The Frontlas façade, which knows the gateways and where edges are, for example <c>http://frontlas:40011</c>. Null to use <see cref="Gateways"/>.
    /// </summary>
    public Uri? Frontlas { get; init; }

    /// <summary>The bearer token the façade asks for; null for none.</summary>
    public string? FrontlasToken { get; init; }

    /// <summary>What carries requests to the façade, for client certificates or proxies; null for the platform's default. Not disposed.</summary>
    public HttpMessageHandler? FrontlasHandler { get; init; }

    /// <summary>The gateways' addresses for services, each an <see cref="IPEndPoint"/> or a <see cref="DnsEndPoint"/>, when there is no façade to ask.</summary>
    public IReadOnlyList<EndPoint> Gateways { get; init; } = [];

    /// <summary>
    /// What every connection has in common: name, topics, methods, limits, TLS. Its <see cref="FrontierClientOptions.EndPoints"/> and
    /// <see cref="FrontierClientOptions.Id"/> are not used: each connection is an instance of its own, with its own id.
    /// </summary>
    public FrontierServiceOptions Service { get; init; } = new();

    /// <summary>How often the gateways are asked for; as often as Go cluster services do.</summary>
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it is remembered which gateway holds an edge. A stale memory costs a hop, for gateways forward to each other.</summary>
    public TimeSpan RouteLifetime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Of how many edges it is remembered which gateway holds them.</summary>
    public int RouteCapacity { get; init; } = 100_000;

    /// <summary>How long the façade may take to answer.</summary>
    public TimeSpan FrontlasTimeout { get; init; } = TimeSpan.FromSeconds(3);

    internal void Validate()
    {
        Require((Frontlas is null) == Gateways is { Count: > 0 }, nameof(Gateways), $"or {nameof(Frontlas)} must be set, and not both");
        Require(Frontlas is null or { IsAbsoluteUri: true, Scheme: "http" or "https" }, nameof(Frontlas), "must be an absolute http or https address");
        Require(Gateways.All(e => e is IPEndPoint { Port: > 0 } or DnsEndPoint { Port: > 0 }), nameof(Gateways), "must be IPEndPoints or DnsEndPoints with a port");
        Require(Service is { Reconnect: not null }, nameof(Service), $"needs {nameof(FrontierClientOptions.Reconnect)}");
        Require(RefreshInterval > TimeSpan.Zero && RefreshInterval.TotalMilliseconds <= int.MaxValue, nameof(RefreshInterval), "must be positive");
        Require(RouteLifetime >= TimeSpan.Zero, nameof(RouteLifetime), "must not be negative");
        Require(RouteCapacity > 0, nameof(RouteCapacity), "must be positive");
        Require(FrontlasTimeout > TimeSpan.Zero && FrontlasTimeout.TotalMilliseconds <= int.MaxValue, nameof(FrontlasTimeout), "must be positive");
        Service.Validate();
    }

    private static void Require(bool condition, string name, string rule)
    {
        if (!condition)
        {
            throw new ArgumentException($"{nameof(FrontierClusterServiceOptions)}.{name} {rule}.", name);
        }
    }
}
