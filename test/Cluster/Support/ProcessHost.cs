using System.Diagnostics;
using System.Net;

namespace Frontier.Cluster.Tests.Support;

/// <summary>The machine a process runs on, as far as the network is concerned.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Namespace">The network namespace; null for the tests' own.</param>
internal sealed record ProcessHost(IPAddress Address, string? Namespace)
{
    /// <summary>The machine the tests run on; nobody else reaches it there.</summary>
    public static readonly ProcessHost Loopback = new(IPAddress.Loopback, null);

    /// <summary>How a program is started there. The process is the program's own: signals reach it.</summary>
    public ProcessStartInfo Start(string program, IEnumerable<string> arguments) =>
        Namespace is null ? new ProcessStartInfo(program, arguments) : new ProcessStartInfo("ip", ["netns", "exec", Namespace, program, .. arguments]);
}
