namespace Frontier.Protocol;

/// <summary>A frame that was sent and awaits its answer: who wants the answer, and until when.</summary>
public struct PendingReply
{
    /// <summary>The id of the frame that was sent.</summary>
    public ulong PacketId { get; set; }

    /// <summary>Who gets the answer; null marks a free place.</summary>
    public IReplySink? Sink { get; set; }

    /// <summary>The sink's own: for a forwarded frame the id it came with.</summary>
    public ulong OriginPacketId { get; set; }

    /// <summary>The sink's own: for a forwarded frame the session it came on.</summary>
    public ulong OriginSessionId { get; set; }

    /// <summary>The session it was sent on.</summary>
    public ulong TargetSessionId { get; set; }

    /// <summary>The sink's own: for a call the method's name in base64, to answer with when no answer comes.</summary>
    public byte[]? Key { get; set; }

    /// <summary>The sink's own: for a forwarded frame whether it was brought back from somewhere before.</summary>
    public bool IsRetry { get; set; }

    /// <summary>When to give up, on the <see cref="Environment.TickCount64"/> clock in milliseconds.</summary>
    public long Deadline { get; set; }

    /// <summary>When it was sent, as <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/> gives it.</summary>
    public long SentAt { get; set; }

    /// <summary>The frame that was sent: Request, Message, Session, Dismiss, Register.</summary>
    public FrameType Type { get; set; }

    /// <summary>Whose it is among those who share the receiver, so that each gets its share of the receiver's room; 0 for nobody's in particular.</summary>
    public ulong Source { get; set; }

    /// <summary>Whether it is counted as its source's.</summary>
    internal bool IsCounted { get; set; }

    /// <summary>Whether it is a Message that has not been sent yet, because the peer has as many unacknowledged as it may.</summary>
    internal bool IsWaiting { get; set; }
}

/// <summary>Why an awaited answer will not come.</summary>
public enum ReplyLoss
{
    /// <summary>The deadline passed.</summary>
    Timeout,

    /// <summary>The connection it was sent on closed.</summary>
    ConnectionClosed,

    /// <summary>The one who wanted it gave up.</summary>
    Canceled,
}

/// <summary>Someone who awaits answers. For every pending reply exactly one of the two is called, once.</summary>
public interface IReplySink
{
    /// <summary>The answer came. Called on the read loop of <paramref name="source"/>; the body is valid until it returns.</summary>
    void OnReply(GeminioConnection source, in PendingReply pending, FrameType type, ReadOnlySpan<byte> body);

    /// <summary>No answer will come.</summary>
    void OnReplyLost(GeminioConnection source, in PendingReply pending, ReplyLoss loss);
}

/// <summary>
/// What a connection awaits answers for, by packet id. The connection makes the ids, in steps of two, so an id is its own place in the table:
/// one array access, no hashing, nothing allocated. An id whose place is still taken by an older frame is passed over.
/// Not synchronised: the connection's lock guards it.
/// </summary>
/// <remarks>
/// A small table is looked through for what has expired. In a large one the places are linked by deadline: a slot for every few milliseconds, round and round, each with
/// the earliest deadline it has seen, so that only slots with something due are looked at.
/// </remarks>
internal struct PendingTable
{
    private const int InitialCapacity = 16;

    // A table that has grown beyond this is given back once it is found empty: a burst should not stay with an idle connection.
    private const int KeptCapacity = 64;

    // With this many slots one turn is longer than the default deadline of 30 s, so that most places are looked at when they are due and not before.
    private const int MaxSlots = 2048;
    private const int PlacesPerSlot = 16;
    private const int SlotMilliseconds = 16;

    private Place[]? _places;
    private Slot[]? _slots;
    private FairShare _share;
    private int _count;

    public readonly int Count => _count;

    /// <summary>What a source awaits, as far as it is counted.</summary>
    public readonly long HeldBy(ulong source) => _share.Of(source);

    /// <summary>Places there is memory for.</summary>
    public readonly int Capacity => _places?.Length ?? 0;

    /// <summary>Whether the place of an id is taken.</summary>
    public readonly bool IsTaken(ulong packetId) =>
        _places is { } places && places[(int)(packetId >> 1) & (places.Length - 1)].Reply.Sink is not null;

    /// <summary>Whether an id is that of a Message which has not been sent yet.</summary>
    public readonly bool IsWaiting(ulong packetId)
    {
        if (_places is not { } places)
        {
            return false;
        }

        ref readonly var reply = ref places[(int)(packetId >> 1) & (places.Length - 1)].Reply;
        return reply.IsWaiting && reply.PacketId == packetId;
    }

    /// <summary>A Message that waited has been sent; gives whose it is.</summary>
    public readonly ulong SetSent(ulong packetId)
    {
        ref var reply = ref _places![(int)(packetId >> 1) & (_places.Length - 1)].Reply;
        reply.IsWaiting = false;
        return reply.Source;
    }

    /// <summary>Makes room for one more, so that <see cref="IsTaken"/> soon finds a free place.</summary>
    public void Grow()
    {
        if (_places is null)
        {
            _places = new Place[InitialCapacity];
        }
        else if (_count * 2 >= _places.Length)
        {
            var old = _places;
            _places = new Place[old.Length * 2];
            _count = 0;
            if (_places.Length > KeptCapacity)
            {
                _slots = new Slot[Math.Min(_places.Length / PlacesPerSlot, MaxSlots)];
                Array.Fill(_slots, Slot.Empty);
            }

            foreach (ref readonly var place in old.AsSpan())
            {
                if (place.Reply.Sink is not null)
                {
                    File(place.Reply);
                }
            }
        }
    }

    /// <summary>Files a reply under its id, whose place must be free.</summary>
    public void Add(in PendingReply pending)
    {
        if (pending.IsCounted)
        {
            _share.Add(pending.Source, 1);
        }

        File(pending);
    }

    private void File(in PendingReply pending)
    {
        var at = (int)(pending.PacketId >> 1) & (_places!.Length - 1);
        _places[at].Reply = pending;
        _count++;
        if (_slots is not null)
        {
            Link(at);
        }
    }

    /// <summary>Takes out what awaits an answer to an id.</summary>
    public bool TryTake(ulong packetId, FrameType type, out PendingReply pending)
    {
        if (_places is { } places)
        {
            var at = (int)(packetId >> 1) & (places.Length - 1);
            ref readonly var reply = ref places[at].Reply;
            if (reply.Sink is not null && reply.PacketId == packetId && reply.Type == type)
            {
                pending = Take(at);
                return true;
            }
        }

        pending = default;
        return false;
    }

    /// <summary>Takes out what a sink awaits for one of its own ids, when the id it was sent under is known.</summary>
    public bool TryTakeByOrigin(IReplySink sink, ulong originPacketId, ulong packetId, out PendingReply pending)
    {
        if (_places is { } places)
        {
            var at = (int)(packetId >> 1) & (places.Length - 1);
            ref readonly var reply = ref places[at].Reply;
            if (reply.Sink == sink && reply.PacketId == packetId && reply.OriginPacketId == originPacketId)
            {
                pending = Take(at);
                return true;
            }
        }

        pending = default;
        return false;
    }

    /// <summary>Takes out what a sink awaits for one of its own ids. Looks through the whole table: for cancellation only.</summary>
    public bool TryTakeByOrigin(IReplySink sink, ulong originPacketId, out PendingReply pending)
    {
        for (var at = 0; at < Capacity; at++)
        {
            ref readonly var reply = ref _places![at].Reply;
            if (reply.Sink == sink && reply.OriginPacketId == originPacketId)
            {
                pending = Take(at);
                return true;
            }
        }

        pending = default;
        return false;
    }

    /// <summary>Takes out what a sink awaits for some of its own ids, in one pass.</summary>
    public void TakeAllByOrigin(IReplySink sink, HashSet<ulong> originPacketIds, List<PendingReply> taken)
    {
        for (var at = 0; at < Capacity; at++)
        {
            ref readonly var reply = ref _places![at].Reply;
            if (reply.Sink == sink && originPacketIds.Contains(reply.OriginPacketId))
            {
                taken.Add(Take(at));
            }
        }
    }

    /// <summary>Takes out what has passed its deadline, so many at most, and gives the earliest deadline left, or an earlier time.</summary>
    public long TakeExpired(long now, int most, List<PendingReply> expired)
    {
        var earliest = long.MaxValue;
        if (_slots is not { } slots)
        {
            for (var at = 0; at < Capacity; at++)
            {
                ref readonly var reply = ref _places![at].Reply;
                if (reply.Sink is null)
                {
                    continue;
                }

                if (reply.Deadline <= now && most > 0)
                {
                    expired.Add(Take(at));
                    most--;
                }
                else
                {
                    earliest = Math.Min(earliest, reply.Deadline);
                }
            }

            return earliest;
        }

        for (var slot = 0; slot < slots.Length; slot++)
        {
            if (slots[slot].Earliest <= now && most > 0)
            {
                most -= TakeExpired(ref slots[slot], now, most, expired);
            }

            earliest = Math.Min(earliest, slots[slot].Earliest);
        }

        return earliest;
    }

    /// <summary>Takes out everything and gives the memory back.</summary>
    public void TakeAll(List<PendingReply> all)
    {
        foreach (ref readonly var place in _places.AsSpan())
        {
            if (place.Reply.Sink is not null)
            {
                all.Add(place.Reply);
            }
        }

        (_places, _slots, _count) = (null, null, 0);
        _share.Clear();
    }

    /// <summary>
    /// Gives a grown table back if nothing is in it. To be called now and then and not whenever it empties: a connection with bursts of calls would make its
    /// table, hundreds of kilobytes, anew for each of them.
    /// </summary>
    public void Trim()
    {
        if (_count == 0 && _places is { Length: > KeptCapacity })
        {
            (_places, _slots) = (null, null);
            _share.Trim();
        }
    }

    private int TakeExpired(ref Slot slot, long now, int most, List<PendingReply> expired)
    {
        var taken = 0;
        var earliest = long.MaxValue;
        for (var at = slot.First; at >= 0;)
        {
            ref readonly var place = ref _places![at];
            var next = place.Next;
            if (place.Reply.Deadline > now)
            {
                earliest = Math.Min(earliest, place.Reply.Deadline);
            }
            else if (taken == most)
            {
                return taken; // The slot is looked at again: what it has seen as its earliest still counts.
            }
            else
            {
                expired.Add(Take(at));
                taken++;
            }

            at = next;
        }

        slot.Earliest = earliest;
        return taken;
    }

    private PendingReply Take(int at)
    {
        ref var place = ref _places![at];
        var pending = place.Reply;
        if (pending.IsCounted)
        {
            _share.Remove(pending.Source, 1);
        }

        if (_slots is not null)
        {
            Unlink(place);
        }

        place = default;
        _count--;
        return pending;
    }

    private readonly ref Slot SlotOf(long deadline) => ref _slots![(int)(deadline / SlotMilliseconds) & (_slots.Length - 1)];

    private readonly void Link(int at)
    {
        ref var place = ref _places![at];
        ref var slot = ref SlotOf(place.Reply.Deadline);
        (place.Previous, place.Next) = (-1, slot.First);
        if (slot.First >= 0)
        {
            _places[slot.First].Previous = at;
        }

        slot.First = at;
        slot.Earliest = Math.Min(slot.Earliest, place.Reply.Deadline);
    }

    private readonly void Unlink(in Place place)
    {
        if (place.Next >= 0)
        {
            _places![place.Next].Previous = place.Previous;
        }

        if (place.Previous >= 0)
        {
            _places![place.Previous].Next = place.Next;
            return;
        }

        ref var slot = ref SlotOf(place.Reply.Deadline);
        slot.First = place.Next;
        if (place.Next < 0)
        {
            slot.Earliest = long.MaxValue;
        }
    }

    private struct Place
    {
        public PendingReply Reply;
        public int Next;
        public int Previous;
    }

    private struct Slot
    {
        public static readonly Slot Empty = new() { First = -1, Earliest = long.MaxValue };

        public int First;
        public long Earliest;
    }
}
