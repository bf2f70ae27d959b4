namespace Frontier.Grains.Sessions;

/// <summary>
/// Who holds an id: at most one session at a time, the newest that logged in. Knows nothing of sockets or grains; every member is one
/// atomic step. The states of a claim: pending → current → gone, or, where nobody holds the id, current at once.
/// </summary>
internal sealed class SessionLease(TimeProvider clock, EpochClock epochs)
{
    /// <summary>
    /// How long after its claim a session may be missing from its gateway's table without counting as gone: the answer to the claim has to
    /// reach the gateway first. 10 s is how long a peer waits for its ConnAck, after which the login is lost anyway.
    /// </summary>
    public static readonly TimeSpan ListingGrace = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a claim may stay pending. A login waits for at most two hooks of 30 s, so a claim this old belongs to a gateway that died
    /// before it could confirm or release it.
    /// </summary>
    public static readonly TimeSpan PendingLimit = TimeSpan.FromMinutes(5);

    // Null nearly always: a claim is pending only while a second session of the id logs in.
    private List<SessionHolder>? _pending;

    /// <summary>The session that holds the id; null when there is none.</summary>
    public SessionHolder? Current { get; private set; }

    /// <summary>True when no session holds the id or is about to.</summary>
    public bool IsEmpty => Current is null && _pending is null;

    /// <summary>
    /// Claims the id for a session that is logging in. With nobody holding it the session does so at once; otherwise the claim is pending
    /// until <see cref="TryConfirm"/>, or refused when <paramref name="onlyIfOffline"/> is set.
    /// </summary>
    public SessionClaim Claim(string gatewayId, SiloAddress? silo, bool onlyIfOffline)
    {
        if (Current is not null && onlyIfOffline)
        {
            return default;
        }

        DropForgotten();
        var holder = new SessionHolder(epochs.Next(), gatewayId, silo) { ClaimedAt = clock.GetTimestamp() };
        if (Current is null)
        {
            BecomeCurrent(holder);
            return new SessionClaim(Granted: true, holder.Epoch, NeedsConfirm: false);
        }

        (_pending ??= []).Add(holder);
        return new SessionClaim(Granted: true, holder.Epoch, NeedsConfirm: true);
    }

    /// <summary>The login of a claim succeeded.</summary>
    /// <param name="epoch">The claim's epoch.</param>
    /// <param name="superseded">The older session that held the id until now and is to be closed; null when there was none.</param>
    /// <returns>Whether the session holds the id now.</returns>
    public bool TryConfirm(long epoch, out SessionHolder? superseded)
    {
        var claim = _pending?.Find(claim => claim.Epoch == epoch) ?? Current;
        superseded = null;
        return claim?.Epoch == epoch && TryHold(epoch, claim.GatewayId, claim.Silo, out superseded);
    }

    /// <summary>A session asserts that it holds the id, whether its claim is known here or was forgotten.</summary>
    /// <param name="epoch">The session's epoch.</param>
    /// <param name="gatewayId">The gateway that holds the socket.</param>
    /// <param name="silo">The silo in the gateway's process, if the gateway said.</param>
    /// <param name="superseded">The older session that held the id until now and is to be closed; null when there was none.</param>
    /// <returns>Whether the session holds the id now; false when a newer one does.</returns>
    public bool TryHold(long epoch, string gatewayId, SiloAddress? silo, out SessionHolder? superseded)
    {
        superseded = null;
        epochs.See(epoch);
        if (Current is not null && Current.Epoch >= epoch)
        {
            return Current.Epoch == epoch;
        }

        superseded = Current;
        BecomeCurrent(new SessionHolder(epoch, gatewayId, silo) { ClaimedAt = clock.GetTimestamp() });
        return true;
    }

    /// <summary>The session or claim of exactly this epoch is gone; any other epoch changes nothing.</summary>
    public void Release(long epoch)
    {
        if (Current?.Epoch == epoch)
        {
            Current = null;
        }

        Prune(claim => claim.Epoch == epoch);
        DropForgotten();
    }

    /// <summary>Drops the current session when its gateway, asked in its own process, does not know it any more: then its release was lost.</summary>
    /// <param name="gatewayId">The gateway that can be asked.</param>
    /// <param name="isKnown">Whether that gateway has the session of an epoch.</param>
    /// <returns>The session that was dropped; null when none was.</returns>
    public SessionHolder? DropStale(string gatewayId, Predicate<long> isKnown)
    {
        if (Current is not { } current
            || current.GatewayId != gatewayId
            || isKnown(current.Epoch)
            || clock.GetElapsedTime(current.ClaimedAt) < ListingGrace)
        {
            return null;
        }

        Current = null;
        return current;
    }

    /// <summary>Everything that has to move along with the grain.</summary>
    public SessionLeaseState Save() => new(epochs.Now, Current, _pending?.ToArray() ?? []);

    /// <summary>Takes over what <see cref="Save"/> returned on another silo.</summary>
    public void Restore(SessionLeaseState state)
    {
        epochs.See(state.EpochNow);
        // Timestamps mean nothing in another process: the times begin anew.
        var now = clock.GetTimestamp();
        Current = state.Current is { } current ? current with { ClaimedAt = now } : null;
        _pending = state.Pending.Count == 0 ? null : [.. state.Pending.Select(claim => claim with { ClaimedAt = now })];
    }

    private void BecomeCurrent(SessionHolder holder)
    {
        Current = holder;
        // Claims older than the session that holds the id can never win any more.
        Prune(claim => claim.Epoch <= holder.Epoch);
    }

    private void DropForgotten() => Prune(claim => clock.GetElapsedTime(claim.ClaimedAt) > PendingLimit);

    private void Prune(Predicate<SessionHolder> isOver)
    {
        if (_pending is not null)
        {
            _pending.RemoveAll(isOver);
            if (_pending.Count == 0)
            {
                _pending = null;
            }
        }
    }
}
