using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Frontier.Cluster.Tests.Support;

/// <summary>
/// Machines of their own for the processes: network namespaces behind one bridge, so that packets between two of them can be lost for real. Needs root.
/// The tests reach every machine, whatever is cut.
/// </summary>
internal sealed class ClusterNetwork : IDisposable
{
    // Nobody has this card: what is sent to it is lost on the way, and the sender hears nothing.
    private const string NobodysCard = "02:00:00:de:ad:00";

    private static int s_networks;

    private readonly string _name = string.Create(CultureInfo.InvariantCulture, $"ft{Environment.ProcessId % 100_000}{(char)('a' + (Interlocked.Increment(ref s_networks) % 26))}");
    private readonly string _subnet = string.Create(CultureInfo.InvariantCulture, $"10.213.{Environment.ProcessId % 250}");
    private readonly List<ProcessHost> _hosts = [];

    /// <summary>Makes an empty network.</summary>
    public ClusterNetwork()
    {
        // Root of a container may not have the right, either.
        var error = "only root may";
        if (!Environment.IsPrivilegedProcess || !TryIp(out error, "link", "add", _name, "type", "bridge"))
        {
            Assert.Ignore($"Networks cannot be made here: {error}");
            return;
        }

        Ip("addr", "add", $"{_subnet}.1/24", "dev", _name);
        Ip("link", "set", _name, "up");
    }

    /// <summary>Adds a machine.</summary>
    public ProcessHost Add()
    {
        var number = _hosts.Count + 2;
        var host = new ProcessHost(IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"{_subnet}.{number}")), string.Create(CultureInfo.InvariantCulture, $"{_name}{number}"));
        var outside = host.Namespace + "o";
        Ip("netns", "add", host.Namespace!);
        _hosts.Add(host);
        Ip("link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", host.Namespace!);
        Ip("link", "set", outside, "master", _name, "up");
        Inside(host, "addr", "add", $"{host.Address}/24", "dev", "eth0");
        Inside(host, "link", "set", "lo", "up");
        Inside(host, "link", "set", "eth0", "up");
        return host;
    }

    /// <summary>From now on packets between the two are lost, in both directions.</summary>
    public static void Cut(ProcessHost one, ProcessHost other)
    {
        Inside(one, "neigh", "replace", $"{other.Address}", "lladdr", NobodysCard, "nud", "permanent", "dev", "eth0");
        Inside(other, "neigh", "replace", $"{one.Address}", "lladdr", NobodysCard, "nud", "permanent", "dev", "eth0");
    }

    /// <summary>Ends a cut.</summary>
    public static void Heal(ProcessHost one, ProcessHost other)
    {
        Inside(one, "neigh", "del", $"{other.Address}", "dev", "eth0");
        Inside(other, "neigh", "del", $"{one.Address}", "dev", "eth0");
    }

    /// <summary>From now on a machine reaches none of the others.</summary>
    public void Isolate(ProcessHost host) => _hosts.Where(other => other != host).ToList().ForEach(other => Cut(host, other));

    /// <summary>Ends an isolation.</summary>
    public void Rejoin(ProcessHost host) => _hosts.Where(other => other != host).ToList().ForEach(other => Heal(host, other));

    public void Dispose()
    {
        foreach (var host in _hosts)
        {
            Ip("netns", "delete", host.Namespace!);
        }

        Ip("link", "delete", _name);
    }

    private static void Inside(ProcessHost host, params string[] arguments) => Ip(["-n", host.Namespace!, .. arguments]);

    private static void Ip(params string[] arguments)
    {
        if (!TryIp(out var error, arguments))
        {
            throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {error}");
        }
    }

    private static bool TryIp(out string error, params string[] arguments)
    {
        using var ip = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        error = ip.StandardError.ReadToEnd();
        ip.WaitForExit();
        return ip.ExitCode == 0;
    }
}
