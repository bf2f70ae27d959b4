using System.Net;
using System.Net.Sockets;

namespace Frontier.Gateway;

/// <summary>What makes a <see cref="ListenOptions"/> wrong.</summary>
internal static class ListenRules
{
    /// <summary>Adds what is wrong with a listener.</summary>
    /// <param name="path">The listener's path, such as <c>edgebound.listen</c>.</param>
    /// <param name="listen">The listener.</param>
    /// <param name="failures">Where to add it.</param>
    public static void Check(string path, ListenOptions listen, ICollection<string> failures)
    {
        if (listen.Network is not ("tcp" or "tcp4" or "tcp6"))
        {
            failures.Add($"{path}.network: \"{listen.Network}\" is not supported, only tcp, tcp4 and tcp6 are");
        }

        CheckAddress($"{path}.addr", listen.Addr, failures);
        CheckFamily(path, listen, failures);
        if (listen.AdvertisedAddr.Length > 0)
        {
            CheckAddress($"{path}.advertised_addr", listen.AdvertisedAddr, failures);
        }

        CheckProxyProtocol($"{path}.proxy_protocol", listen.ProxyProtocol, failures);
        if (listen.Tls.Enable)
        {
            TlsSnapshot.Load($"{path}.tls", listen.Tls, failures);
            if (listen.Tls is { Optional: true, Mtls: true })
            {
                failures.Add($"{path}.tls.optional: it opens the door that mtls closes; only one of them can be set");
            }
        }
    }

    /// <summary>Adds what is wrong with a listener's PROXY protocol.</summary>
    public static void CheckProxyProtocol(string path, ProxyProtocolOptions proxy, ICollection<string> failures)
    {
        if (proxy.Enable && proxy.Trusted.Count == 0)
        {
            failures.Add($"{path}.trusted: at least one network is needed; whoever is trusted can name any address as its own");
        }

        for (var i = 0; i < proxy.Trusted.Count; i++)
        {
            if (!ProxyProtocolOptions.TryParseNetwork(proxy.Trusted[i], out _))
            {
                failures.Add($"{path}.trusted[{i}]: \"{proxy.Trusted[i]}\" is not a network such as 10.0.0.0/8, or an address");
            }
        }
    }

    /// <summary>Adds that a text is no address.</summary>
    public static void CheckAddress(string path, string text, ICollection<string> failures)
    {
        if (!ListenAddress.TryParse(text, out _))
        {
            failures.Add($"{path}: \"{text}\" is not host:port");
        }
    }

    // Go refuses these as well: it finds no suitable address.
    private static void CheckFamily(string path, ListenOptions listen, ICollection<string> failures)
    {
        if (ListenAddress.TryParse(listen.Addr, out var address)
            && IPAddress.TryParse(address.Host, out var ip)
            && ((listen.Network == "tcp4" && ip.AddressFamily != AddressFamily.InterNetwork)
                || (listen.Network == "tcp6" && ip.AddressFamily != AddressFamily.InterNetworkV6)))
        {
            failures.Add($"{path}.addr: \"{listen.Addr}\" is not an address of the network {listen.Network}");
        }
    }
}
