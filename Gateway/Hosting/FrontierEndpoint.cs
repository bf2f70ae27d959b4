using System.Net;

namespace Frontier.Gateway;

/// <summary>One listener of the process.</summary>
public sealed class FrontierEndpoint
{
    private readonly List<Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions> _listeners = [];

    internal FrontierEndpoint(string name, string key, string configured)
    {
        Name = name;
        Key = key;
        Configured = configured;
    }

    /// <summary>What it is for; one of the names in <see cref="FrontierEndpoints"/>.</summary>
    public string Name { get; }

    /// <summary>The path of the configuration key that set its address, such as <c>edgebound.listen.addr</c>.</summary>
    public string Key { get; }

    /// <summary>The address as the configuration has it, such as <c>0.0.0.0:30012</c>.</summary>
    public string Configured { get; }

    /// <summary>The addresses it listens on; once the host has started, with the ports that were taken for port 0.</summary>
    public IReadOnlyList<IPEndPoint> Addresses => [.. _listeners.Select(listener => listener.IPEndPoint!)];

    /// <summary>The addresses, written for people.</summary>
    public override string ToString() => string.Join(" and ", Addresses);

    internal void Add(Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions listener) => _listeners.Add(listener);
}
