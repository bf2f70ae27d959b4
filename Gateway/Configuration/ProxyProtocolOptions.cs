using System.Net;
using Microsoft.Extensions.Configuration;

namespace Frontier.Gateway;

/// <summary>The PROXY protocol of a listener, versions 1 and 2: the group <c>proxy_protocol</c>.</summary>
public sealed class ProxyProtocolOptions
{
    /// <summary>
    /// <c>enable</c>: whether every connection begins with a header that names the peer's own address, which then stands in lists, hooks, limits and logs.
    /// Connections without one, and from elsewhere than <see cref="Trusted"/>, are cut. Default false.
    /// </summary>
    [ConfigurationKeyName("enable")]
    public bool Enable { get; init; }

    /// <summary><c>trusted</c>: networks of the load balancers, <c>10.0.0.0/8</c> or single addresses. Needed when enabled.</summary>
    [ConfigurationKeyName("trusted")]
    public IReadOnlyList<string> Trusted { get; init; } = [];

    /// <summary>Reads a network or a single address.</summary>
    internal static bool TryParseNetwork(string text, out IPNetwork network)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            network = new IPNetwork(address, address.GetAddressBytes().Length * 8);
            return true;
        }

        return IPNetwork.TryParse(text, out network);
    }
}
