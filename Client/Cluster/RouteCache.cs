using System.Collections.Concurrent;

namespace Frontier.Client;

/// <summary>Which gateway holds an edge, for a while; bounded.</summary>
/// <param name="capacity">Of how many edges.</param>
/// <param name="lifetime">How long.</param>
/// <param name="clock">Milliseconds.</param>
internal sealed class RouteCache(int capacity, TimeSpan lifetime, Func<long> clock)
{
    private readonly ConcurrentDictionary<ulong, Route> _routes = new();

    /// <summary>Edges remembered.</summary>
    public int Count => _routes.Count;

    /// <summary>The gateway that held the edge when it was last looked up; null when that is not known or too long ago.</summary>
    public string? Find(ulong edgeId)
    {
        if (!_routes.TryGetValue(edgeId, out var route))
        {
            return null;
        }

        if (clock() < route.Until)
        {
            return route.Gateway;
        }

        _routes.TryRemove(new KeyValuePair<ulong, Route>(edgeId, route));
        return null;
    }

    /// <summary>Remembers.</summary>
    public void Learn(ulong edgeId, string gateway)
    {
        if (_routes.Count >= capacity && !_routes.ContainsKey(edgeId))
        {
            // Rare, and what is lost is looked up again: no order has to be kept for it.
            foreach (var (edge, _) in _routes.Take(Math.Max(1, capacity / 8)))
            {
                _routes.TryRemove(edge, out _);
            }
        }

        _routes[edgeId] = new Route(gateway, clock() + (long)lifetime.TotalMilliseconds);
    }

    /// <summary>Forgets one edge.</summary>
    public void Forget(ulong edgeId) => _routes.TryRemove(edgeId, out _);

    /// <summary>Forgets every edge of a gateway.</summary>
    public void ForgetGateway(string gateway)
    {
        foreach (var entry in _routes)
        {
            if (entry.Value.Gateway == gateway)
            {
                _routes.TryRemove(entry);
            }
        }
    }

    private readonly record struct Route(string Gateway, long Until);
}
