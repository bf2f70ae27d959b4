using System.Diagnostics;

namespace Frontier.Protocol;

/// <summary>
/// One timer for very many connections: a hashed wheel whose entries are the connections themselves. A connection keeps all its deadlines and asks
/// to be woken for the earliest; moving a deadline later costs nothing, because the entry is simply woken early and asks again.
/// </summary>
/// <remarks>
/// The wheel has a thread of its own that sleeps until the next slot with an entry. A periodic timer of this resolution, run by the thread pool, costs
/// an idle process 3 % of a core: each tick wakes a pool thread, which then spins for more work.
/// </remarks>
public sealed class TimerWheel : IDisposable
{
    /// <summary>How late an entry may be woken, in milliseconds.</summary>
    public const int ResolutionMilliseconds = 20;

    private const int SlotCount = 1024; // A power of two; one turn is about 20 s, longer waits pass their slot once a turn.

    private readonly Slot[] _slots = new Slot[SlotCount];
    private readonly object _sleeper = new();
    private readonly List<TimerWheelEntry> _due = [];
    private long _tick;
    private long _wakeTick = long.MaxValue;
    private volatile bool _disposed;

    /// <summary>Starts the wheel.</summary>
    public TimerWheel()
    {
        for (var i = 0; i < _slots.Length; i++)
        {
            _slots[i] = new Slot();
        }

        _tick = Environment.TickCount64 / ResolutionMilliseconds;
        new Thread(Run) { IsBackground = true, Name = "Frontier timer wheel" }.Start();
    }

    /// <summary>Wakes an entry at a time on the <see cref="Environment.TickCount64"/> clock, or earlier.</summary>
    public void Schedule(TimerWheelEntry entry, long dueMilliseconds)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (Volatile.Read(ref entry.Due) <= dueMilliseconds)
        {
            return;
        }

        // Only who holds the entry's lock puts it into a slot, so that it never gets into two. The wheel, which only takes out, needs the slot's lock alone.
        lock (entry)
        {
            if (entry.OwnSlot is { } old)
            {
                lock (old)
                {
                    if (entry.Due <= dueMilliseconds)
                    {
                        return;
                    }

                    if (entry.OwnSlot is not null)
                    {
                        old.Remove(entry);
                    }
                }
            }

            while (!TryAdd(entry, dueMilliseconds))
            {
                // The wheel has passed the slot since it was chosen; the entry would lie there for a whole turn.
            }
        }
    }

    /// <summary>Takes an entry out. It may be woken once more if it was just about to be.</summary>
    public static void Cancel(TimerWheelEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        lock (entry)
        {
            if (entry.OwnSlot is { } slot)
            {
                lock (slot)
                {
                    if (entry.OwnSlot is not null)
                    {
                        slot.Remove(entry);
                    }
                }
            }
        }
    }

    /// <summary>Stops the wheel; entries are not woken any more.</summary>
    public void Dispose()
    {
        _disposed = true;
        Wake();
    }

    private bool TryAdd(TimerWheelEntry entry, long dueMilliseconds)
    {
        // A due time that has passed goes to the slot that is turned next.
        var tick = Math.Max(dueMilliseconds / ResolutionMilliseconds, Volatile.Read(ref _tick) + 1);
        var slot = _slots[tick & (SlotCount - 1)];
        lock (slot)
        {
            if (tick <= Volatile.Read(ref _tick))
            {
                return false;
            }

            entry.Due = dueMilliseconds;
            slot.Add(entry);
        }

        if (tick < Volatile.Read(ref _wakeTick))
        {
            Wake();
        }

        return true;
    }

    private void Run()
    {
        while (!_disposed)
        {
            Turn();
            Sleep();
        }
    }

    // Until the next slot with an entry, or for a turn at most. Said before the slots are looked at, so that an entry that comes in meanwhile wakes.
    private void Sleep()
    {
        lock (_sleeper)
        {
            Volatile.Write(ref _wakeTick, long.MaxValue);
            Interlocked.MemoryBarrier();
            var next = _tick + 1;
            while (next < _tick + SlotCount && _slots[next & (SlotCount - 1)].IsEmpty)
            {
                next++;
            }

            Volatile.Write(ref _wakeTick, next);
            var wait = (next * ResolutionMilliseconds) - Environment.TickCount64;
            if (wait > 0 && !_disposed)
            {
                Monitor.Wait(_sleeper, (int)wait);
            }
        }
    }

    private void Wake()
    {
        lock (_sleeper)
        {
            Monitor.Pulse(_sleeper);
        }
    }

    private void Turn()
    {
        var now = Environment.TickCount64;
        var last = now / ResolutionMilliseconds;
        for (var tick = Math.Max(_tick + 1, last - SlotCount + 1); tick <= last; tick++)
        {
            Volatile.Write(ref _tick, tick);
            _slots[tick & (SlotCount - 1)].TakeDue(now, _due);
        }

        foreach (var entry in _due)
        {
            entry.OnTimer(now);
        }

        _due.Clear();
    }

    internal sealed class Slot
    {
        private TimerWheelEntry? _head;

        public bool IsEmpty => Volatile.Read(ref _head) is null;

        public void Add(TimerWheelEntry entry)
        {
            Debug.Assert(entry.OwnSlot is null, "An entry is in one slot at most.");
            entry.OwnSlot = this;
            entry.Next = _head;
            entry.Previous = null;
            if (_head is not null)
            {
                _head.Previous = entry;
            }

            _head = entry;
        }

        public void Remove(TimerWheelEntry entry)
        {
            if (entry.Previous is null)
            {
                _head = entry.Next;
            }
            else
            {
                entry.Previous.Next = entry.Next;
            }

            if (entry.Next is not null)
            {
                entry.Next.Previous = entry.Previous;
            }

            entry.Next = entry.Previous = null;
            entry.Due = long.MaxValue;
            entry.OwnSlot = null;
        }

        public void TakeDue(long now, List<TimerWheelEntry> due)
        {
            // Locked even when it is empty: whoever is about to add to it then sees that the wheel has come this far.
            lock (this)
            {
                for (var entry = _head; entry is not null;)
                {
                    var next = entry.Next;
                    if (entry.Due <= now + ResolutionMilliseconds)
                    {
                        Remove(entry);
                        due.Add(entry);
                    }

                    entry = next;
                }
            }
        }
    }
}

/// <summary>Something a <see cref="TimerWheel"/> wakes.</summary>
public abstract class TimerWheelEntry
{
    internal TimerWheelEntry? Next;
    internal TimerWheelEntry? Previous;
    internal TimerWheel.Slot? OwnSlot;
    internal long Due = long.MaxValue;

    /// <summary>Called on the wheel's thread when the asked time has come; must not block, and must not throw.</summary>
    /// <param name="now">The <see cref="Environment.TickCount64"/> clock, in milliseconds.</param>
    protected internal abstract void OnTimer(long now);
}
