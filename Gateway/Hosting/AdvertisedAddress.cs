using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Frontier.Gateway;

/// <summary>Finds the addresses under which others reach this process, where the configuration does not name them.</summary>
public static class AdvertisedAddress
{
    /// <summary>The environment variable in which Kubernetes tells a pod its address.</summary>
    public const string PodIpVariable = "POD_IP";

    /// <summary>
    /// Where peers outside reach a listener: <c>listen.advertised_addr</c>, else the address it listens on, else, when it listens on all of them,
    /// the process's own (<see cref="OfThisHost"/>). A port of 0 in any of them stands for the port the listener has.
    /// </summary>
    /// <param name="listen">The listener's settings.</param>
    /// <param name="bound">Where the listener listens, with its real port.</param>
    /// <param name="host">The process's own address.</param>
    /// <returns><c>host:port</c>.</returns>
    public static string Of(ListenOptions listen, IPEndPoint bound, IPAddress host)
    {
        ArgumentNullException.ThrowIfNull(listen);
        ArgumentNullException.ThrowIfNull(bound);
        ArgumentNullException.ThrowIfNull(host);
        if (ListenAddress.TryParse(listen.AdvertisedAddr, out var advertised) && advertised.Host.Length > 0)
        {
            return (advertised.Port == 0 ? advertised with { Port = bound.Port } : advertised).ToString();
        }

        var address = bound.Address.Equals(IPAddress.Any) || bound.Address.Equals(IPAddress.IPv6Any) ? host : bound.Address;
        return new ListenAddress(address.ToString(), advertised.Port == 0 ? bound.Port : advertised.Port).ToString();
    }

    /// <summary>
    /// The process's own address: the pod's, else the one from which the default route leaves, else any that is not a loopback, else the loopback.
    /// </summary>
    /// <param name="podIp">What <see cref="PodIpVariable"/> says; null for nothing.</param>
    public static IPAddress OfThisHost(string? podIp) =>
        IPAddress.TryParse(podIp, out var pod)
            ? pod
            : OfDefaultRoute(new IPAddress([192, 0, 2, 1])) ?? OfDefaultRoute(IPAddress.Parse("2001:db8::1")) ?? OfAnyInterface() ?? IPAddress.Loopback;

    // Connecting a UDP socket sends nothing; it only asks the routing table. The address is one of those set aside for documentation (RFC 5737, RFC 3849),
    // which is never on a local network, so the default route answers.
    private static IPAddress? OfDefaultRoute(IPAddress elsewhere)
    {
        try
        {
            using var socket = new Socket(elsewhere.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(new IPEndPoint(elsewhere, 9));
            return (socket.LocalEndPoint as IPEndPoint)?.Address is { } address && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)
                ? address
                : null;
        }
        catch (SocketException)
        {
            return null; // No default route.
        }
    }

    private static IPAddress? OfAnyInterface() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(network => network.OperationalStatus == OperationalStatus.Up && network.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .SelectMany(network => network.GetIPProperties().UnicastAddresses)
        .Select(unicast => unicast.Address)
        .Where(address => !address.IsIPv6LinkLocal)
        .OrderBy(address => address.AddressFamily == AddressFamily.InterNetwork ? 0 : 1)
        .FirstOrDefault();
}
