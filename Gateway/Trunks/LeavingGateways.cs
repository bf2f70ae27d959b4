using System.Collections.Concurrent;
using Frontier.GrainInterfaces;

namespace Frontier.Gateway;

/// <summary>
/// Which edges may be back in a moment: those that a leaving gateway held and that have not been looked for in vain since. Each gateway asks one that begins
/// to leave once for all it holds, so that calls for edges that are just offline cost nothing more while gateways change.
/// </summary>
/// <param name="catalog">Says who leaves.</param>
/// <param name="sessions">Says whether this one does.</param>
/// <param name="edges">The edges of this one.</param>
/// <param name="ports">Reach the others; null without a cluster.</param>
/// <param name="identity">Which one this is.</param>
/// <param name="clock">Measures how long ago a gateway left.</param>
internal sealed class LeavingGateways(
    CatalogReplica catalog, LiveSessions sessions, EdgeTable edges, IGatewayPorts? ports, GatewayIdentity identity, TimeProvider clock)
{
    // An edge that has not come back in this time after its gateway left the catalog does not come: Go edges reconnect within two seconds.
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(5);

    // One that does not answer in this time has nothing to say.
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<SiloAddress, Leaving> _leaving = [];
    private GatewayDirectory? _seen;

    /// <summary>Whether a gateway is leaving: an edge that has just been found there may be gone when its frame arrives.</summary>
    public bool IsAny => ports is not null && (sessions.IsStopping || catalog.Gateways.IsAnyDraining);

    /// <summary>Whether an edge that is not found may be back in a moment. Asks nobody but a gateway that has begun to leave just now, and that once.</summary>
    public ValueTask<bool> MayReturnAsync(ulong edgeId)
    {
        if (ports is null)
        {
            return ValueTask.FromResult(false);
        }

        Follow();
        return _leaving.IsEmpty && !sessions.IsStopping ? ValueTask.FromResult(false) : LookAsync(edgeId);
    }

    /// <summary>Nobody found the edge in time: it is not waited for again.</summary>
    public void GiveUp(ulong edgeId)
    {
        foreach (var (_, leaving) in _leaving)
        {
            if (leaving.Held.Value is { IsCompletedSuccessfully: true } held && held.Result.MayContain(edgeId))
            {
                leaving.GivenUp.TryAdd(edgeId, 0);
            }
        }
    }

    private async ValueTask<bool> LookAsync(ulong edgeId)
    {
        foreach (var (silo, leaving) in _leaving)
        {
            if (leaving.LeftAt is { } left && clock.GetElapsedTime(left) > Remembered)
            {
                _leaving.TryRemove(KeyValuePair.Create(silo, leaving));
            }
            else if (!leaving.GivenUp.ContainsKey(edgeId) && (await leaving.Held.Value).MayContain(edgeId))
            {
                return true;
            }
        }

        return false;
    }

    // Seldom more than a comparison: the directory is the same object until a gateway changes.
    private void Follow()
    {
        var current = catalog.Gateways;
        if (ReferenceEquals(Volatile.Read(ref _seen), current) && (!sessions.IsStopping || identity.Silo is null || _leaving.ContainsKey(identity.Silo)))
        {
            return;
        }

        foreach (var gateway in current.All)
        {
            if (gateway is { IsDraining: true, Silo: { } silo } && !silo.Equals(identity.Silo))
            {
                _leaving.GetOrAdd(silo, address => new Leaving(() => AskAsync(address)));
            }
        }

        if (sessions.IsStopping && identity.Silo is { } self)
        {
            _leaving.GetOrAdd(self, _ => new Leaving(() => Task.FromResult(edges.Held)));
        }

        foreach (var (silo, leaving) in _leaving)
        {
            if (!silo.Equals(identity.Silo) && leaving.LeftAt is null && !current.All.Any(gateway => silo.Equals(gateway.Silo)))
            {
                leaving.LeftAt = clock.GetTimestamp();
            }
        }

        Volatile.Write(ref _seen, current);
    }

    private async Task<EdgeIdFilter> AskAsync(SiloAddress silo)
    {
        try
        {
            return new EdgeIdFilter(await ports!.Get(silo).GetHeldEdgesAsync().AsTask().WaitAsync(AnswerTime));
        }
#pragma warning disable CA1031 // One that cannot be asked has gone already, and its edges are found where they are now, or not.
        catch (Exception)
#pragma warning restore CA1031
        {
            return EdgeIdFilter.Empty;
        }
    }

    private sealed class Leaving(Func<Task<EdgeIdFilter>> ask)
    {
        public Lazy<Task<EdgeIdFilter>> Held { get; } = new(ask);

        // Edges that were looked for in vain; none that the gateway did not hold, so there are no more than those.
        public ConcurrentDictionary<ulong, byte> GivenUp { get; } = [];

        // When it was missing from the catalog first; null while it drains.
        public long? LeftAt { get; set; }
    }
}
