using System.Numerics;
using System.Security.Cryptography;

namespace Frontier.Protocol;

/// <summary>
/// What a peer has sent and not been answered yet: the peer's packet id → the connection it was forwarded to. Bounds the peer's requests in flight,
/// finds what a RequestCancel is about, and makes sure that an id is answered once. Open addressing with linear probing. The ids are the peer's to
/// choose, so the hash (multiply-shift by an odd number drawn at start) is one it cannot aim at. Not synchronised: the connection's lock guards it.
/// </summary>
internal struct InFlightTable
{
    private const int InitialCapacity = 8;

    // A table that has grown beyond this is given back once it is found empty: a burst should not stay with an idle connection.
    private const int KeptCapacity = 64;

    private static readonly ulong Multiplier = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1;

    private Entry[]? _entries;
    private int _count;

    public readonly int Count => _count;

    /// <summary>Places there is memory for.</summary>
    public readonly int Capacity => _entries?.Length ?? 0;

    /// <summary>How many places are looked at for the id that is farthest from where its hash points.</summary>
    public readonly int LongestProbe
    {
        get
        {
            var longest = 0;
            for (var at = 0; at < Capacity; at++)
            {
                if (_entries![at].IsUsed)
                {
                    longest = Math.Max(longest, ((at - Home(_entries[at].PacketId)) & (_entries.Length - 1)) + 1);
                }
            }

            return longest;
        }
    }

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
        var at = Home(packetId);
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

    /// <summary>Notes the id under which a request went on to its target.</summary>
    public readonly void NoteForwarded(ulong packetId, GeminioConnection target, ulong targetPacketId)
    {
        var at = IndexOf(packetId);
        if (at >= 0 && _entries![at].Target == target)
        {
            _entries[at].TargetPacketId = targetPacketId;
        }
    }

    /// <summary>Where an id was forwarded to, and under which id (0 when that was not noted); false when it is not in flight.</summary>
    public readonly bool TryGet(ulong packetId, out GeminioConnection? target, out ulong targetPacketId)
    {
        var at = IndexOf(packetId);
        (target, targetPacketId) = at < 0 ? (null, 0) : (_entries![at].Target, _entries[at].TargetPacketId);
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

    /// <summary>Gives a grown table back if nothing is in it. To be called now and then and not whenever it empties, as each burst would make it anew.</summary>
    public void Trim()
    {
        if (_count == 0 && _entries is { Length: > KeptCapacity })
        {
            _entries = null;
        }
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

    // Where an id belongs: the top bits of the product, which all of the id's bits have a part in.
    private readonly int Home(ulong packetId) => (int)((packetId * Multiplier) >> (64 - BitOperations.Log2((uint)_entries!.Length)));

    private readonly int IndexOf(ulong packetId)
    {
        if (_entries is null)
        {
            return -1;
        }

        var mask = _entries.Length - 1;
        for (var at = Home(packetId); _entries[at].IsUsed; at = (at + 1) & mask)
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
            var home = Home(entries[at].PacketId);
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
                _entries[IndexOf(entry.PacketId)].TargetPacketId = entry.TargetPacketId;
            }
        }
    }

    private struct Entry
    {
        public ulong PacketId;
        public GeminioConnection? Target;
        public ulong TargetPacketId;
        public bool IsUsed;
    }
}
