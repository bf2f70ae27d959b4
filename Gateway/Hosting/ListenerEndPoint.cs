using System.Net;

namespace Frontier.Gateway;

/// <summary>An address that one of our listeners listens on, and what it is for.</summary>
/// <param name="address">The address to listen on.</param>
/// <param name="name">The listener's name; see <see cref="FrontierEndpoints"/>.</param>
internal sealed class ListenerEndPoint(IPEndPoint address, string name) : IPEndPoint(address.Address, address.Port)
{
    /// <summary>The listener's name.</summary>
    public string Name => name;

    /// <summary>Which share of the connections it takes from.</summary>
    public ListenerKind Kind { get; } = name switch
    {
        FrontierEndpoints.Edgebound => ListenerKind.Edges,
        FrontierEndpoints.Servicebound or FrontierEndpoints.FrontierPlane => ListenerKind.Services,
        FrontierEndpoints.Observability => ListenerKind.Health,
        _ => ListenerKind.Http,
    };
}
