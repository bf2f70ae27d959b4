using System.Collections.Concurrent;
using Frontier.GrainInterfaces;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>
/// Which trunk leads to an edge of another gateway, for the edges that services of this gateway talk to. What is known may be out of date: the other
/// gateway then sends the frame back, and the route is forgotten. While a route is being found, frames for it wait in order.
/// </summary>
internal sealed partial class EdgeRoutes(IGrainFactory grains, Trunks trunks, ILogger<EdgeRoutes> logger)
{
    // Routes kept; 100 bytes each. With more edges than this in use at once some are looked up again.
    private const int MaxRoutes = 200_000;

    // How long an edge that was told to leave may take to come back elsewhere before what waits for it fails: Go edges reconnect within two seconds.
    private static readonly TimeSpan ReturnLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReturnCheck = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<ulong, EdgeRoute> _routes = [];
    private int _count;

    /// <summary>Routes known or being found.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The trunk to an edge, when it is known.</summary>
    public Trunk? Find(ulong edgeId) => _routes.TryGetValue(edgeId, out var route) ? route.Trunk : null;

    /// <summary>Lets a frame wait until the route to its edge is known, which begins to be looked up when nobody else waits.</summary>
    /// <returns>False when too much waits already, or the route has just been found.</returns>
    /// <param name="edgeId">The edge.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="awaitReturn">The edge has just been told to leave a gateway that drains, so it will come back on another one: that is waited for.</param>
    /// <param name="found">The route that has just been found.</param>
    public bool TryWait(ulong edgeId, WaitingFrame frame, bool awaitReturn, out Trunk? found)
    {
        while (true)
        {
            if (!_routes.TryGetValue(edgeId, out var route))
            {
                route = new EdgeRoute();
                if (!_routes.TryAdd(edgeId, route))
                {
                    continue;
                }

                if (Interlocked.Increment(ref _count) > MaxRoutes)
                {
                    EvictSome();
                }
            }

            switch (route.Wait(frame, out found))
            {
                case EdgeRoute.Waiting.Begun:
                    _ = FindAsync(edgeId, route, awaitReturn);
                    return true;
                case EdgeRoute.Waiting.Joined:
                    return true;
                case EdgeRoute.Waiting.Known or EdgeRoute.Waiting.Full:
                    return false;
                default:
                    continue; // The route has just been given up: begin anew.
            }
        }
    }

    /// <summary>An edge is not where a route led. Nothing happens when the route leads elsewhere by now.</summary>
    public void Forget(ulong edgeId, Trunk trunk)
    {
        if (_routes.TryGetValue(edgeId, out var route) && route.TryForget(trunk))
        {
            Remove(edgeId, route);
        }
    }

    /// <summary>Looks up where an edge is now.</summary>
    /// <param name="edgeId">The edge.</param>
    /// <param name="awaitReturn">Whether to wait for an edge that is not online.</param>
    /// <returns>Null when it is not online, or on this gateway.</returns>
    public async Task<Trunk?> LocateAsync(ulong edgeId, bool awaitReturn = false)
    {
        var until = awaitReturn ? Environment.TickCount64 + (long)ReturnLimit.TotalMilliseconds : 0;
        while (true)
        {
            var location = await grains.GetEdge(edgeId).LocateAsync();
            if (location is not null || Environment.TickCount64 >= until)
            {
                return location is null ? null : trunks.To(location.Silo);
            }

            await Task.Delay(ReturnCheck);
        }
    }

    private async Task FindAsync(ulong edgeId, EdgeRoute route, bool awaitReturn)
    {
        Trunk? trunk = null;
        try
        {
            trunk = await LocateAsync(edgeId, awaitReturn);
        }
#pragma warning disable CA1031 // Whoever waits is told that the edge cannot be reached; the log says why.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.NotLocated(logger, edgeId, e.Message);
        }

        if (!route.Settle(trunk))
        {
            Remove(edgeId, route);
        }
    }

    private void Remove(ulong edgeId, EdgeRoute route)
    {
        if (_routes.TryRemove(KeyValuePair.Create(edgeId, route)))
        {
            Interlocked.Decrement(ref _count);
        }
    }

    // Any will do: a route that is needed again costs one look-up.
    private void EvictSome()
    {
        foreach (var (edgeId, route) in _routes.Take(MaxRoutes / 64))
        {
            if (route.TryForget())
            {
                Remove(edgeId, route);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Edge {EdgeId} could not be located: {Error}")]
        public static partial void NotLocated(ILogger logger, ulong edgeId, string error);
    }
}
