using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Frontier.Gateway;

/// <summary>An address to listen on, in Go's form: <c>0.0.0.0:30011</c>, <c>:30011</c>, <c>[::1]:30011</c>, <c>localhost:30011</c>.</summary>
/// <param name="Host">An IP address without brackets, a name, or empty for all addresses.</param>
/// <param name="Port">The port; 0 for any free one.</param>
public readonly record struct ListenAddress(string Host, int Port)
{
    /// <summary>Reads an address; false when the text is none.</summary>
    public static bool TryParse(string text, out ListenAddress address)
    {
        ArgumentNullException.ThrowIfNull(text);
        address = default;
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return false;
        }

        var host = text[..colon];
        if (host is ['[', .., ']'])
        {
            host = host[1..^1];
            if (!IPAddress.TryParse(host, out var ip) || ip.AddressFamily != AddressFamily.InterNetworkV6)
            {
                return false;
            }
        }
        else if (host.Length > 0 && !IsNameOrIPv4(host))
        {
            return false;
        }

        address = new ListenAddress(host, port);
        return true;
    }

    /// <summary>
    /// The endpoints to bind. All addresses means IPv4 and IPv6 alike where the machine has both, whichever way it is written, as in Go;
    /// <paramref name="network"/> <c>tcp4</c> keeps it to IPv4. <c>localhost</c> is 127.0.0.1 and ::1; with port 0 only the former, since two
    /// sockets would get two ports.
    /// </summary>
    /// <param name="network"><c>tcp</c>, <c>tcp4</c> or <c>tcp6</c>.</param>
    /// <exception cref="SocketException">The name cannot be resolved, or has no address of the network.</exception>
    public IReadOnlyList<IPEndPoint> Resolve(string network)
    {
        var port = Port;
        if (Host.Length == 0 || (IPAddress.TryParse(Host, out var any) && (any.Equals(IPAddress.Any) || any.Equals(IPAddress.IPv6Any))))
        {
            var ipv4Only = network == "tcp4" || !Socket.OSSupportsIPv6;
            return [new IPEndPoint(ipv4Only ? IPAddress.Any : IPAddress.IPv6Any, port)];
        }

        if (IPAddress.TryParse(Host, out var ip))
        {
            return [new IPEndPoint(ip, port)];
        }

        if (Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            IPAddress[] loopbacks = network switch
            {
                "tcp4" => [IPAddress.Loopback],
                "tcp6" => [IPAddress.IPv6Loopback],
                _ when port != 0 && CanBind(IPAddress.IPv6Loopback) => [IPAddress.Loopback, IPAddress.IPv6Loopback],
                _ => [IPAddress.Loopback],
            };
            return [.. loopbacks.Select(address => new IPEndPoint(address, port))];
        }

        var family = network switch
        {
            "tcp4" => AddressFamily.InterNetwork,
            "tcp6" => AddressFamily.InterNetworkV6,
            _ => AddressFamily.Unspecified,
        };

        // One address, IPv4 before IPv6, as Go chooses.
        var addresses = Dns.GetHostAddresses(Host, family);
        var chosen = addresses.FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork) ?? addresses.FirstOrDefault();
        return chosen is null ? throw new SocketException((int)SocketError.HostNotFound) : [new IPEndPoint(chosen, port)];
    }

    /// <summary>The address as written in a configuration.</summary>
    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    // What has digits and dots only is meant as an IPv4 address, so "127.0.0.256" is no name and "127.1" no short form.
    private static bool IsNameOrIPv4(string host) => host.All(c => char.IsAsciiDigit(c) || c == '.')
        ? host.Count(c => c == '.') == 3 && IPAddress.TryParse(host, out _)
        : Uri.CheckHostName(host) == UriHostNameType.Dns;

    // A machine may support IPv6 and still have none on its loopback, as many containers do.
    private static bool CanBind(IPAddress address)
    {
        if (!Socket.OSSupportsIPv6)
        {
            return false;
        }

        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
