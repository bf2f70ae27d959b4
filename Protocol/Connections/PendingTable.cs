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

    /// <summary>When to give up, on the <see cref="Environment.TickCount64"/> clock in milliseconds.</summary>
    public long Deadline { get; set; }

    /// <summary>When it was sent, as <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/> gives it.</summary>
    public long SentAt { get; set; }

    /// <summary>The frame that was sent: Request, Message, Session, Dismiss, Register.</summary>
    public FrameType Type { get; set; }

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
internal struct PendingTable
{
    private const int InitialCapacity = 16;

    // A table that has grown beyond this is given back once it is found empty: a burst should not stay with an idle connection.
    private const int KeptCapacity = 64;

    private PendingReply[]? _places;
    private int _count;

    public readonly int Count => _count;

    /// <summary>Places there is memory for.</summary>
    public readonly int Capacity => _places?.Length ?? 0;

    /// <summary>Whether the place of an id is taken.</summary>
    public readonly bool IsTaken(ulong packetId) =>
        _places is { } places && places[(int)(packetId >> 1) & (places.Length - 1)].Sink is not null;

    /// <summary>Whether an id is that of a Message which has not been sent yet.</summary>
    public readonly bool IsWaiting(ulong packetId)
    {
        if (_places is not { } places)
        {
            return false;
        }

        ref readonly var place = ref places[(int)(packetId >> 1) & (places.Length - 1)];
        return place.IsWaiting && place.PacketId == packetId;
    }

    /// <summary>A Message that waited has been sent.</summary>
    public readonly void SetSent(ulong packetId) => _places![(int)(packetId >> 1) & (_places.Length - 1)].IsWaiting = false;

    /// <summary>Makes room for one more, so that <see cref="IsTaken"/> soon finds a free place.</summary>
    public void Grow()
    {
        if (_places is null)
        {
            _places = new PendingReply[InitialCapacity];
        }
        else if (_count * 2 >= _places.Length)
        {
            var old = _places;
            _places = new PendingReply[old.Length * 2];
            foreach (ref readonly var pending in old.AsSpan())
            {
                if (pending.Sink is not null)
                {
                    _places[(int)(pending.PacketId >> 1) & (_places.Length - 1)] = pending;
                }
            }
        }
    }

    /// <summary>Files a reply under its id, whose place must be free.</summary>
    public void Add(in PendingReply pending)
    {
        _places![(int)(pending.PacketId >> 1) & (_places.Length - 1)] = pending;
        _count++;
    }

    /// <summary>Takes out what awaits an answer to an id.</summary>
    public bool TryTake(ulong packetId, FrameType type, out PendingReply pending)
    {
        if (_places is { } places)
        {
            ref var place = ref places[(int)(packetId >> 1) & (places.Length - 1)];
            if (place.Sink is not null && place.PacketId == packetId && place.Type == type)
            {
                pending = Take(ref place);
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
            ref var place = ref places[(int)(packetId >> 1) & (places.Length - 1)];
            if (place.Sink == sink && place.PacketId == packetId && place.OriginPacketId == originPacketId)
            {
                pending = Take(ref place);
                return true;
            }
        }

        pending = default;
        return false;
    }

    /// <summary>Takes out what a sink awaits for one of its own ids. Looks through the whole table: for cancellation only.</summary>
    public bool TryTakeByOrigin(IReplySink sink, ulong originPacketId, out PendingReply pending)
    {
        foreach (ref var place in _places.AsSpan())
        {
            if (place.Sink == sink && place.OriginPacketId == originPacketId)
            {
                pending = Take(ref place);
                return true;
            }
        }

        pending = default;
        return false;
    }

    /// <summary>Takes out what a sink awaits for some of its own ids, in one pass.</summary>
    public void TakeAllByOrigin(IReplySink sink, HashSet<ulong> originPacketIds, List<PendingReply> taken)
    {
        foreach (ref var place in _places.AsSpan())
        {
            if (place.Sink == sink && originPacketIds.Contains(place.OriginPacketId))
            {
                taken.Add(Take(ref place));
            }
        }

    }

    /// <summary>Takes out what has passed its deadline and gives the earliest deadline left.</summary>
    public long TakeExpired(long now, List<PendingReply> expired)
    {
        var earliest = long.MaxValue;
        foreach (ref var place in _places.AsSpan())
        {
            if (place.Sink is null)
            {
                continue;
            }

            if (place.Deadline <= now)
            {
                expired.Add(Take(ref place));
            }
            else
            {
                earliest = Math.Min(earliest, place.Deadline);
            }
        }

        return earliest;
    }

    /// <summary>Takes out everything and gives the memory back.</summary>
    public void TakeAll(List<PendingReply> all)
    {
        foreach (ref readonly var place in _places.AsSpan())
        {
            if (place.Sink is not null)
            {
                all.Add(place);
            }
        }

        _places = null;
        _count = 0;
    }

    /// <summary>
    /// Gives a grown table back if nothing is in it. To be called now and then and not whenever it empties: a connection with bursts of calls would make its
    /// table, hundreds of kilobytes, anew for each of them.
    /// </summary>
    public void Trim()
    {
        if (_count == 0 && _places is { Length: > KeptCapacity })
        {
            _places = null;
        }
    }

    private PendingReply Take(ref PendingReply place)
    {
        var pending = place;
        place = default;
        _count--;
        return pending;
    }
}
