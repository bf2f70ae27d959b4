using System.Collections.Concurrent;
using Frontier.Protocol;

namespace Frontier.Gateway;

/// <summary>Every session there is, logged in or not: so that a shutdown can close them.</summary>
internal sealed class LiveSessions
{
    private readonly ConcurrentDictionary<PeerSession, byte> _sessions = [];
    // Fine enough that a rate of thousands per second is a steady trickle.
    private static readonly TimeSpan DrainStep = TimeSpan.FromMilliseconds(10);

    private readonly int[] _counts = new int[Enum.GetValues<PeerKind>().Length];
    private TaskCompletionSource? _emptied; // Set while somebody waits for the last session of a kind to end.
    private volatile bool _stopping;

    /// <summary>Whether the gateway is leaving and takes no new connections.</summary>
    public bool IsStopping => _stopping;

    /// <summary>Sessions open now.</summary>
    public int Count => _counts.Sum();

    /// <summary>The sessions open now.</summary>
    public IEnumerable<PeerSession> All => _sessions.Select(entry => entry.Key);

    public void Add(PeerSession session)
    {
        Interlocked.Increment(ref _counts[(int)session.Kind]);
        _sessions.TryAdd(session, 0);
        if (_stopping)
        {
            session.Close(DisconnectReason.ShuttingDown);
        }
    }

    public void Remove(PeerSession session)
    {
        if (_sessions.TryRemove(session, out _) && Interlocked.Decrement(ref _counts[(int)session.Kind]) == 0)
        {
            Interlocked.Exchange(ref _emptied, null)?.TrySetResult();
        }
    }

    /// <summary>From now on new connections are turned away, and sessions that have just begun are closed.</summary>
    public void Stop() => _stopping = true;

    /// <summary>Asks the peers of a kind that can to go to another gateway, so many per second.</summary>
    /// <param name="kind">Edges or services.</param>
    /// <param name="rate">Sessions per second.</param>
    /// <param name="time">How long each peer has.</param>
    /// <param name="patience">Ends the waiting: all that are left are asked at once.</param>
    public Task AskToMoveAsync(PeerKind kind, double rate, TimeSpan time, CancellationToken patience) =>
        EachAsync(session => session.Kind == kind && session.CanMove, rate, session => session.AskToMove(time), patience);

    /// <summary>Completes when every peer of a kind that was asked to move has gone, or has had its time.</summary>
    /// <param name="kind">Edges or services.</param>
    /// <param name="patience">Ends the waiting.</param>
    public Task WhenMovedAsync(PeerKind kind, CancellationToken patience) => Task.WhenAll(Moving(kind).Select(session => session.WhenMovedAsync(patience)));

    /// <summary>
    /// Closes every session of a kind, each when nothing is under way on it, and so many per second; those that were asked to move when they have gone, or
    /// have had their time.
    /// </summary>
    /// <param name="kind">Edges or services.</param>
    /// <param name="rate">Sessions per second.</param>
    /// <param name="patience">Ends the waiting: what is left is closed at once.</param>
    public async Task DrainAsync(PeerKind kind, double rate, CancellationToken patience)
    {
        var closing = Moving(kind).Select(session => session.CloseWhenMovedAsync(patience)).ToList();
        await EachAsync(
            session => session.Kind == kind && !session.IsMoving,
            rate,
            session => closing.Add(session.CloseWhenIdleAsync(DisconnectReason.ShuttingDown, patience)),
            patience);
        await Task.WhenAll(closing);
    }

    private IEnumerable<PeerSession> Moving(PeerKind kind) => _sessions.Select(entry => entry.Key).Where(session => session.Kind == kind && session.IsMoving);

    private async Task EachAsync(Func<PeerSession, bool> isMeant, double rate, Action<PeerSession> act, CancellationToken patience)
    {
        var started = System.Diagnostics.Stopwatch.StartNew();
        var done = 0;
        foreach (var (session, _) in _sessions)
        {
            if (!isMeant(session))
            {
                continue;
            }

            while (done > rate * started.Elapsed.TotalSeconds && !patience.IsCancellationRequested)
            {
                await Task.Delay(DrainStep, CancellationToken.None);
            }

            act(session);
            done++;
        }
    }

    /// <summary>Sessions of a kind that are open now.</summary>
    public int CountOf(PeerKind kind) => Volatile.Read(ref _counts[(int)kind]);

    /// <summary>Completes when no session of a kind is left.</summary>
    public Task WhenEmptyAsync(PeerKind kind, CancellationToken cancellationToken) => WhenAsync(() => CountOf(kind) == 0, cancellationToken);

    /// <summary>Completes when no session is left.</summary>
    public Task WhenEmptyAsync(CancellationToken cancellationToken) => WhenAsync(() => Count == 0, cancellationToken);

    // Is told whenever a kind has none left.
    private async Task WhenAsync(Func<bool> isEmpty, CancellationToken cancellationToken)
    {
        while (true)
        {
            var fresh = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var emptied = Interlocked.CompareExchange(ref _emptied, fresh, null) ?? fresh;
            if (isEmpty()) // Only now: what ends from here on tells.
            {
                return;
            }

            await emptied.Task.WaitAsync(cancellationToken);
        }
    }
}
