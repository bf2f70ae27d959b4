namespace Frontier.Load;

/// <summary>A <see cref="Driver"/> over connections that stay: each slot goes around the lanes, so that all are used even with fewer slots than lanes.</summary>
internal abstract class LaneDriver : Driver
{
    private readonly Lane[] _lanes;
    private readonly int _slotCount;
    private readonly int[] _next;
    private readonly int[] _at;
    private int _alive;

    protected LaneDriver(EventLoop loop, SlotCount slots, RateSchedule? schedule, TimeSpan timeout, Lane[] lanes)
        : base(loop, slots, schedule, timeout)
    {
        _lanes = lanes;
        _slotCount = slots.WarmUp;
        _alive = lanes.Length;
        _next = [.. Enumerable.Range(0, _slotCount)];
        _at = new int[_slotCount];
        foreach (var lane in lanes)
        {
            lane.Peer.Events = this;
        }
    }

    /// <inheritdoc/>
    public override bool IsAlive => _alive > 0;

    /// <inheritdoc/>
    public override void Lost(Peer peer, string reason)
    {
        LostConnections.Add($"connection lost: {reason}");
        _alive = _lanes.Count(lane => lane.Peer.State == PeerState.Online);
        for (var slot = 0; slot < _slotCount; slot++)
        {
            if (IsBusy(slot, TurnOf(slot)) && _lanes[_at[slot]].Peer == peer)
            {
                Fail(slot, "unanswered when its connection was lost");
            }
        }
    }

    /// <summary>The lane of a slot's operation.</summary>
    protected Lane LaneOf(int slot) => _lanes[_at[slot]];

    /// <summary>Sends an operation over a lane.</summary>
    protected abstract void Send(Lane lane, int slot, uint turn);

    /// <inheritdoc/>
    protected sealed override bool TrySend(int slot, uint turn)
    {
        for (var i = 0; i < _lanes.Length; i++)
        {
            var at = _next[slot] % _lanes.Length;
            _next[slot] = (at + _slotCount) % _lanes.Length;
            if (_lanes[at].Peer.State == PeerState.Online)
            {
                _at[slot] = at;
                Send(_lanes[at], slot, turn);
                return true;
            }

            // With as many slots as lanes a slot would only ever meet the same one.
            _next[slot] = (at + 1) % _lanes.Length;
        }

        return false;
    }
}
