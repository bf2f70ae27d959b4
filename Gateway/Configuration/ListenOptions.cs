using Microsoft.Extensions.Configuration;

namespace Frontier.Gateway;

/// <summary>Where and how a listener listens: the group <c>listen</c> of several sections.</summary>
public sealed class ListenOptions
{
    /// <summary>
    /// <c>network</c>: <c>tcp</c>, <c>tcp4</c> or <c>tcp6</c>. Default <c>tcp</c>: an address that stands for all
    /// (<c>0.0.0.0</c>, <c>[::]</c> or none) then takes IPv4 and IPv6 alike, as in Go. <c>tcp4</c> keeps it to IPv4;
    /// <c>tcp6</c> asks for an IPv6 address, and on all addresses still takes both.
    /// </summary>
    [ConfigurationKeyName("network")]
    public string Network { get; init; } = "tcp";

    /// <summary>
    /// <c>addr</c>: the address in Go's form, <c>0.0.0.0:30011</c>, <c>:30011</c>, <c>[::1]:30011</c>, <c>localhost:30011</c>.
    /// Port 0 takes any free port. The default depends on the section.
    /// </summary>
    [ConfigurationKeyName("addr")]
    public string Addr { get; init; } = "0.0.0.0:0";

    /// <summary><c>advertised_addr</c>: the address under which peers outside reach this listener, <c>host:port</c>. Default: none, the listener's own.</summary>
    [ConfigurationKeyName("advertised_addr")]
    public string AdvertisedAddr { get; init; } = "";

    /// <summary><c>tls</c>: whether and how connections are encrypted.</summary>
    [ConfigurationKeyName("tls")]
    public TlsOptions Tls { get; init; } = new();

    /// <summary><c>proxy_protocol</c>: whether connections come through a load balancer that says whose they are.</summary>
    [ConfigurationKeyName("proxy_protocol")]
    public ProxyProtocolOptions ProxyProtocol { get; init; } = new();
}
