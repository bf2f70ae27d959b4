namespace Frontier.Load;

/// <summary>
/// Keeps operations going on one loop. Each has a slot. Closed loop: a slot starts its next operation when the last is done. Open loop: the schedule says
/// when one is meant to start, a free slot takes it, and what finds no free slot waits, with its time running.
/// </summary>
internal abstract class Driver : PeerEvents, ILoopTimer
{
    // How often slots are looked through for operations that take too long, and for those that could not start.
    private static readonly long ScanInterval = Clock.FromSeconds(0.25);

    private readonly RateSchedule? _schedule;
    private readonly long _timeout;
    private readonly Stack<int> _free = [];
    private readonly List<int> _parked = [];
    private readonly Slot[] _slots;
    private readonly int _measuredSlots;
    private long _nextScan;
    private int _inUse;
    private bool _isRunning;
    private bool _isMeasuring;

    /// <summary>Makes a driver; it does nothing before <see cref="Start"/>.</summary>
    /// <param name="loop">Its loop.</param>
    /// <param name="slots">Operations that may be unanswered at once.</param>
    /// <param name="schedule">When to start them; null for a closed loop.</param>
    /// <param name="timeout">How long one may take.</param>
    protected Driver(EventLoop loop, SlotCount slots, RateSchedule? schedule, TimeSpan timeout)
    {
        Loop = loop;
        _schedule = schedule;
        _timeout = Clock.FromSeconds(timeout.TotalSeconds);
        _slots = new Slot[slots.WarmUp];
        _inUse = slots.WarmUp;
        _measuredSlots = slots.Measured;
    }

    /// <summary>What was counted since <see cref="BeginMeasuring"/>.</summary>
    public Tally Tally { get; } = new();

    /// <summary>Connections that were lost since <see cref="Start"/>: one that is lost while warming up is missing afterwards.</summary>
    public ErrorCounts LostConnections { get; } = new();

    /// <summary>Operations started and not done.</summary>
    public int InFlight { get; private set; }

    /// <summary>Whether there is anything left to do operations on.</summary>
    public virtual bool IsAlive => true;

    /// <inheritdoc/>
    public long Due { get; private set; } = long.MaxValue;

    /// <summary>The driver's loop.</summary>
    protected EventLoop Loop { get; }

    /// <summary>Starts operations.</summary>
    public virtual void Start()
    {
        _isRunning = true;
        _nextScan = Loop.Now + ScanInterval;
        _schedule?.Start(Loop.Now);
        for (var i = _slots.Length - 1; i >= 0; i--)
        {
            if (_schedule is null)
            {
                Begin(i, Loop.Now);
            }
            else
            {
                _free.Push(i);
            }
        }

        SetDue();
        Loop.Add(this);
    }

    /// <summary>The measured time begins.</summary>
    public void BeginMeasuring()
    {
        Tally.Clear();
        _isMeasuring = true;
        _inUse = _measuredSlots;
    }

    /// <summary>The measured time is over: nothing is started any more. What is unanswered may still be answered, and its latency counts.</summary>
    public virtual void EndMeasuring()
    {
        _isMeasuring = false;
        _isRunning = false;
        if (_schedule is not null)
        {
            // Left out, a server that stalls until the end would look better than one that recovers.
            for (; _schedule.Next <= Loop.Now; _schedule.Advance())
            {
                Tally.Unsent++;
                Tally.Latency.Record(Clock.ToNanoseconds(Loop.Now - _schedule.Next));
            }
        }

        SetDue();
    }

    /// <summary>Nobody waits for what is still unanswered.</summary>
    public void GiveUp()
    {
        for (var i = 0; i < _slots.Length; i++)
        {
            if (_slots[i].IsBusy)
            {
                Tally.Latency.Record(Clock.ToNanoseconds(Loop.Now - _slots[i].Start));
                Fail(i, "not answered when the run ended");
            }
        }

        Loop.Remove(this);
    }

    /// <inheritdoc/>
    public void Fire(long now)
    {
        if (now >= _nextScan)
        {
            _nextScan = now + ScanInterval;
            Scan(now);
        }

        StartDue();
        SetDue();
    }

    /// <summary>Starts an operation; false when there is nothing to send it on.</summary>
    protected abstract bool TrySend(int slot, uint turn);

    /// <summary>An operation took too long and is forgotten; what it holds can be let go.</summary>
    protected virtual void Abandon(int slot)
    {
    }

    /// <summary>The turn of a slot's operation.</summary>
    protected uint TurnOf(int slot) => _slots[slot].Turn;

    /// <summary>Whether a slot's operation is waiting for its end.</summary>
    protected bool IsBusy(int slot, uint turn) => slot < _slots.Length && _slots[slot].IsBusy && _slots[slot].Turn == turn;

    /// <summary>Finds the operation that an answer is for.</summary>
    protected bool TryFind(ulong packetId, bool isDialer, out int slot)
    {
        slot = PacketIds.SlotOf(packetId);
        return slot < _slots.Length && _slots[slot].IsBusy && PacketIds.ForOperation(slot, _slots[slot].Turn, isDialer) == packetId;
    }

    /// <summary>An operation is done.</summary>
    protected void Complete(int slot)
    {
        Tally.Latency.Record(Clock.ToNanoseconds(Loop.Now - _slots[slot].Start));
        if (_isMeasuring)
        {
            Tally.Completed++;
        }

        End(slot);
    }

    /// <summary>An operation failed.</summary>
    protected void Fail(int slot, string kind)
    {
        Tally.Errors.Add(kind);
        End(slot);
    }

    private void End(int slot)
    {
        _slots[slot].IsBusy = false;
        _slots[slot].Turn++;
        InFlight--;
        if (!_isRunning || slot >= _inUse)
        {
            return;
        }

        if (_schedule is null)
        {
            Begin(slot, Loop.Now);
        }
        else
        {
            _free.Push(slot);
            StartDue();
            SetDue();
        }
    }

    private void Begin(int slot, long start)
    {
        _slots[slot].Start = start;
        _slots[slot].IsBusy = true;
        InFlight++;
        if (!TrySend(slot, _slots[slot].Turn))
        {
            // Tried again with the next scan: a loop that fails at once must not keep the machine busy.
            _slots[slot].IsBusy = false;
            InFlight--;
            _parked.Add(slot);
        }
    }

    private void StartDue()
    {
        if (_schedule is null || !_isRunning)
        {
            return;
        }

        while (_schedule.Next <= Loop.Now && _free.TryPop(out var slot))
        {
            var start = _schedule.Next;
            _schedule.Advance();
            Begin(slot, start);
        }
    }

    private void SetDue() =>
        Due = _schedule is null || !_isRunning || _free.Count == 0 ? _nextScan : Math.Min(_nextScan, _schedule.Next);

    private void Scan(long now)
    {
        for (var i = 0; i < _slots.Length; i++)
        {
            if (_slots[i].IsBusy && now - _slots[i].Start > _timeout)
            {
                Abandon(i);
                if (_slots[i].IsBusy)
                {
                    Tally.Latency.Record(Clock.ToNanoseconds(now - _slots[i].Start));
                    Fail(i, "no answer in time");
                }
            }
        }

        if (_isRunning && _parked.Count > 0)
        {
            var parked = _parked.ToArray();
            _parked.Clear();
            foreach (var slot in parked.Where(slot => slot < _inUse))
            {
                if (_schedule is null)
                {
                    Begin(slot, now);
                }
                else
                {
                    _free.Push(slot);
                }
            }
        }
    }

    private struct Slot
    {
        public long Start;
        public uint Turn;
        public bool IsBusy;
    }
}
