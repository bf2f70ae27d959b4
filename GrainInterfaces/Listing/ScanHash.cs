namespace Frontier.GrainInterfaces;

/// <summary>
/// The order in which cursors walk: by a 32-bit mix of the id. It is the same on every gateway and at every time, so a cursor that is just the next
/// hash needs nobody to remember it, and what stays while somebody walks is met exactly once.
/// </summary>
public static class ScanHash
{
    /// <summary>The hash of an id.</summary>
    public static uint Of(ulong id)
    {
        // The finalizer of MurmurHash3: ids that are given out one after the other spread evenly.
        id ^= id >> 33;
        id *= 0xff51afd7ed558ccd;
        id ^= id >> 33;
        id *= 0xc4ceb9fe1a85ec53;
        id ^= id >> 33;
        return (uint)(id >> 32);
    }

    /// <summary>The hash of an id that is text.</summary>
    public static uint Of(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        // FNV-1a; string.GetHashCode is another one in each process.
        var hash = 14695981039346656037UL;
        foreach (var c in id)
        {
            hash = (hash ^ c) * 1099511628211;
        }

        return Of(hash);
    }
}
