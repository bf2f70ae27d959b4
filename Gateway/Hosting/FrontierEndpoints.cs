using System.Net;

namespace Frontier.Gateway;

/// <summary>The listeners of the process, by name.</summary>
public sealed class FrontierEndpoints
{
    /// <summary>Where services connect.</summary>
    public const string Servicebound = "servicebound";

    /// <summary>Where edges connect.</summary>
    public const string Edgebound = "edgebound";

    /// <summary>Where operators' programs connect.</summary>
    public const string Controlplane = "controlplane";

    /// <summary>Health and metrics.</summary>
    public const string Observability = "observability";

    /// <summary>Where cluster services and operators' programs ask about the whole cluster, as the original's Frontlas.</summary>
    public const string Frontlas = "frontlas";

    /// <summary>Where frontiers of the original report what they hold.</summary>
    public const string FrontierPlane = "frontier_plane";

    /// <summary>The Orleans dashboard.</summary>
    public const string Dashboard = "dashboard";

    private readonly List<FrontierEndpoint> _endpoints = [];

    /// <summary>All listeners, in the order they were added.</summary>
    public IReadOnlyList<FrontierEndpoint> All => _endpoints;

    /// <summary>A listener, or null when the process has none of that name.</summary>
    public FrontierEndpoint? Find(string name) => _endpoints.Find(endpoint => endpoint.Name == name);

    /// <summary>The port of a listener; once the host has started, the one that was taken for port 0.</summary>
    /// <exception cref="InvalidOperationException">The process has no listener of that name.</exception>
    public int PortOf(string name) =>
        Find(name)?.Addresses[0].Port ?? throw new InvalidOperationException($"This process has no listener named {name}.");

    internal FrontierEndpoint Add(string name, string key, string configured)
    {
        var endpoint = new FrontierEndpoint(name, key, configured);
        _endpoints.Add(endpoint);
        return endpoint;
    }

    /// <summary>The listener behind an address that is being bound; null for an address that is not of a listener here.</summary>
    internal FrontierEndpoint? FindBehind(EndPoint address) => _endpoints.Find(endpoint => endpoint.Addresses.Any(address.Equals));
}
