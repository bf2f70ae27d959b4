using System.Collections.Concurrent;
using Frontier.GrainInterfaces;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>
/// Which trunk leads to an edge of another gateway, for the edges that services of this gateway talk to. What is known may be out of date: the other
/// gateway then sends the frame back, and the route is forgotten. While a route is being found, frames for it wait in order.
/// </summary>
/// <param name="grains">Where edges are looked up.</param>
/// <param name="trunks">The ways to other gateways.</param>
/// <param name="edges">The edges of this gateway.</param>
/// <param name="leaving">Which edges may be back in a moment.</param>
/// <param name="clock">Times the second and third look.</param>
/// <param name="maxWaitingBytes">What may wait for all edges together, in bytes.</param>
/// <param name="logger">Where failures are logged.</param>
internal sealed partial class EdgeRoutes(
    IGrainFactory grains, Trunks trunks, EdgeTable edges, LeavingGateways leaving, TimeProvider clock, long maxWaitingBytes, ILogger<EdgeRoutes> logger)
{
    // Routes kept; 100 bytes each. With more edges than this in use at once some are looked up again.
    private const int MaxRoutes = 200_000;

    // When an edge of a leaving gateway is looked for again, and once more; then it is given up. Most are back at once, Go edges within two seconds.
    private static readonly TimeSpan[] ReturnChecks = [TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(2500)];

    // Many times what a healthy directory takes, and enough for one that has just lost a process.
    private static readonly TimeSpan DirectoryTime = TimeSpan.FromSeconds(2);

    /// <summary>How soon to look again for an edge that was found and was gone when its frame arrived.</summary>
    public static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<ulong, EdgeRoute> _routes = [];
    private int _count;
    private long _waitingBytes;

    /// <summary>The trunk to an edge, when it is known.</summary>
    public Trunk? Find(ulong edgeId) => _routes.TryGetValue(edgeId, out var route) ? route.Trunk : null;

    /// <summary>Takes room for a frame that is to wait; false when there is none.</summary>
    public bool TryReserve(int bytes)
    {
        if (Interlocked.Add(ref _waitingBytes, bytes) <= maxWaitingBytes)
        {
            return true;
        }

        Release(bytes);
        return false;
    }

    /// <summary>Gives the room of a frame back.</summary>
    public void Release(int bytes) => Interlocked.Add(ref _waitingBytes, -bytes);

    /// <summary>Lets a frame wait until the route to its edge is known, which begins to be looked up when nobody else waits.</summary>
    /// <returns>False when too much waits already, or the route has just been found.</returns>
    /// <param name="edgeId">The edge.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="found">The route that has just been found.</param>
    public bool TryWait(ulong edgeId, WaitingFrame frame, out Trunk? found)
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
                    _ = FindAsync(edgeId, route);
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

    /// <summary>
    /// Looks up where an edge is now. One that a leaving gateway held, or that the directory cannot be asked for in this moment, is looked for twice more.
    /// </summary>
    /// <returns>The edge's session, when it is on this gateway, or the trunk that leads to it; null when it is not online.</returns>
    public async Task<ForwardingConnection?> LocateAsync(ulong edgeId)
    {
        for (var round = 0; ; round++)
        {
            var (location, isCertain) = await AskDirectoryAsync(edgeId);
            if (location is not null && trunks.To(location.Silo) is { } trunk)
            {
                return trunk;
            }

            if (edges.Find(edgeId) is { IsLeaving: false } session)
            {
                return session;
            }

            if (isCertain && !await leaving.MayReturnAsync(edgeId))
            {
                return null;
            }

            if (round == ReturnChecks.Length)
            {
                leaving.GiveUp(edgeId);
                Log.NotFound(logger, edgeId, location?.Silo);
                return null;
            }

            await Task.Delay(ReturnChecks[round], clock);
        }
    }

    // What the directory says is not certain while its members come and go, or when it cannot be asked.
    private async Task<(SessionLocation? Location, bool IsCertain)> AskDirectoryAsync(ulong edgeId)
    {
        try
        {
            return (await grains.GetEdge(edgeId).LocateAsync().AsTask().WaitAsync(DirectoryTime), true);
        }
        catch (Exception e) when (e is TimeoutException || ClusterTrouble.IsPassing(e))
        {
            Log.NotLocated(logger, edgeId, e.Message);
            return (null, false);
        }
    }

    private async Task FindAsync(ulong edgeId, EdgeRoute route)
    {
        ForwardingConnection? target = null;
        try
        {
            target = await LocateAsync(edgeId);
        }
#pragma warning disable CA1031 // Whoever waits is told that the edge cannot be reached; the log says why.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.NotLocated(logger, edgeId, e.Message);
        }

        if (!route.Settle(target, error => Log.NotSentOn(logger, edgeId, error)))
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
        [LoggerMessage(3, LogLevel.Error, "Failed to send on a frame that waited for edge {EdgeId}; those behind it go on")]
        public static partial void NotSentOn(ILogger logger, ulong edgeId, Exception error);

        [LoggerMessage(2, LogLevel.Debug, "Edge {EdgeId} was not found again in time (the last answer was {Silo}); telling its callers that it is not online")]
        public static partial void NotFound(ILogger logger, ulong edgeId, SiloAddress? silo);

        [LoggerMessage(1, LogLevel.Debug, "Edge {EdgeId} could not be located: {Error}")]
        public static partial void NotLocated(ILogger logger, ulong edgeId, string error);
    }
}
