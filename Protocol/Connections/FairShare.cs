using System.Runtime.InteropServices;

namespace Frontier.Protocol;

/// <summary>
/// What each source holds of a room that many share. A source may hold so many times what is still free, so that one that floods leaves room for others, several
/// share it evenly, and a newcomer always gets in. To be counted only while the room is more than half full: below, nobody is refused. Not synchronised.
/// </summary>
internal struct FairShare
{
    // One source alone gets eight ninths of the room.
    private const int TimesFree = 8;

    private Dictionary<ulong, long>? _held;

    /// <summary>Whether the room is so full that sources have to be counted.</summary>
    public static bool IsTight(long used, long room) => used > room / 2;

    /// <summary>Whether a source that holds so much may hold more. One that holds nothing may.</summary>
    /// <param name="held">What it holds.</param>
    /// <param name="more">What it wants beyond; 0 for one of many small things.</param>
    /// <param name="used">What all hold.</param>
    /// <param name="room">All there is.</param>
    public static bool Allows(long held, long more, long used, long room) => held == 0 || held + more <= TimesFree * (room - used - more);

    /// <summary>What a source holds.</summary>
    public readonly long Of(ulong source) => _held is not null && _held.TryGetValue(source, out var held) ? held : 0;

    /// <summary>A source holds so much more.</summary>
    public void Add(ulong source, long amount) => CollectionsMarshal.GetValueRefOrAddDefault(_held ??= [], source, out _) += amount;

    /// <summary>A source holds so much less.</summary>
    public readonly void Remove(ulong source, long amount)
    {
        ref var held = ref CollectionsMarshal.GetValueRefOrNullRef(_held!, source);
        held -= amount;
        if (held == 0)
        {
            _held!.Remove(source);
        }
    }

    /// <summary>Forgets what is held and keeps the memory for the next time.</summary>
    public readonly void Reset() => _held?.Clear();

    /// <summary>Forgets everything, and the memory.</summary>
    public void Clear() => _held = null;

    /// <summary>Gives the memory back when nothing is counted.</summary>
    public void Trim()
    {
        if (_held is { Count: 0 })
        {
            _held = null;
        }
    }
}
