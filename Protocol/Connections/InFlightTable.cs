namespace Frontier.Protocol;

/// <summary>
/// What a peer has sent and not been answered yet: the peer's packet id → the connection it was forwarded to. Bounds the peer's requests in flight,
/// finds what a RequestCancel is about, and makes sure that an id is answered once. Peers count ids up in steps of two, so an id's low bits
/// are a good hash; open addressing with linear probing. Not synchronised: the connection's lock guards it.
/// </summary>
internal struct InFlightTable
{
    private const int InitialCapacity = 8;

    private Entry[]? _entries;
    private int _count;

    public readonly int Count => _count;

    /// <summary>Files an id; false when it is in flight already.</summary>
    public bool TryAdd(ulong packetId, GeminioConnection? target)
    {
        if (_entries is null)
        {
            _entries = new Entry[InitialCapacity];
        }
        else if (_count * 4 >= _entries.Length * 3)
        {
            Grow();
        }

        var mask = _entries.Length - 1;
        var at = Hash(packetId) & mask;
        while (_entries[at].IsUsed)
        {
            if (_entries[at].PacketId == packetId)
            {
                return false;
            }

            at = (at + 1) & mask;
        }

        _entries[at] = new Entry { PacketId = packetId, Target = target, IsUsed = true };
        _count++;
        return true;
    }

    /// <summary>Where an id was forwarded to; false when it is not in flight.</summary>
    public readonly bool TryGet(ulong packetId, out GeminioConnection? target)
    {
        var at = IndexOf(packetId);
        target = at < 0 ? null : _entries![at].Target;
        return at >= 0;
    }

    /// <summary>Takes an id out; false when it is not in flight.</summary>
    public bool TryRemove(ulong packetId)
    {
        var at = IndexOf(packetId);
        if (at < 0)
        {
            return false;
        }

        CloseGap(at, _entries!.Length - 1);
        _count--;
        return true;
    }

    /// <summary>Takes out everything and gives the memory back.</summary>
    public void TakeAll(List<(ulong PacketId, GeminioConnection Target)> all)
    {
        foreach (ref readonly var entry in _entries.AsSpan())
        {
            if (entry.IsUsed && entry.Target is not null)
            {
                all.Add((entry.PacketId, entry.Target));
            }
        }

        _entries = null;
        _count = 0;
    }

    private static int Hash(ulong packetId) => (int)(packetId >> 1);

    private readonly int IndexOf(ulong packetId)
    {
        if (_entries is null)
        {
            return -1;
        }

        var mask = _entries.Length - 1;
        for (var at = Hash(packetId) & mask; _entries[at].IsUsed; at = (at + 1) & mask)
        {
            if (_entries[at].PacketId == packetId)
            {
                return at;
            }
        }

        return -1;
    }

    // Moves up the entries behind a removed one that would not be found across the gap.
    private readonly void CloseGap(int gap, int mask)
    {
        var entries = _entries!;
        for (var at = (gap + 1) & mask; entries[at].IsUsed; at = (at + 1) & mask)
        {
            var home = Hash(entries[at].PacketId) & mask;
            if (((at - home) & mask) >= ((at - gap) & mask))
            {
                entries[gap] = entries[at];
                gap = at;
            }
        }

        entries[gap] = default;
    }

    private void Grow()
    {
        var old = _entries!;
        _entries = new Entry[old.Length * 2];
        _count = 0;
        foreach (ref readonly var entry in old.AsSpan())
        {
            if (entry.IsUsed)
            {
                TryAdd(entry.PacketId, entry.Target);
            }
        }
    }

    private struct Entry
    {
        public ulong PacketId;
        public GeminioConnection? Target;
        public bool IsUsed;
    }
}
