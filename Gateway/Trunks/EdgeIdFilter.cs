namespace Frontier.Gateway;

/// <summary>A set of edge ids in ten bits each (a Bloom filter): it may take one in a hundred other ids for one of them, and never the other way.</summary>
/// <param name="bits">The filter as it travels; empty for no ids.</param>
internal sealed class EdgeIdFilter(ReadOnlyMemory<byte> bits)
{
    private const int BitsPerId = 10;
    private const int Hashes = 7;

    /// <summary>Of no ids.</summary>
    public static readonly EdgeIdFilter Empty = new(default);

    /// <summary>The filter as it travels.</summary>
    public ReadOnlyMemory<byte> Bits => bits;

    /// <summary>Makes the filter of some ids.</summary>
    public static EdgeIdFilter Of(IReadOnlyCollection<ulong> ids)
    {
        if (ids.Count == 0)
        {
            return Empty;
        }

        var bits = new byte[((long)ids.Count * BitsPerId / 8) + 8];
        foreach (var id in ids)
        {
            var (first, step) = Hash(id);
            for (var i = 0; i < Hashes; i++, first += step)
            {
                var bit = first % ((ulong)bits.Length * 8);
                bits[bit / 8] |= (byte)(1 << (int)(bit % 8));
            }
        }

        return new EdgeIdFilter(bits);
    }

    /// <summary>Whether an id is one of them, or may be.</summary>
    public bool MayContain(ulong id)
    {
        if (bits.IsEmpty)
        {
            return false;
        }

        var span = bits.Span;
        var (first, step) = Hash(id);
        for (var i = 0; i < Hashes; i++, first += step)
        {
            var bit = first % ((ulong)span.Length * 8);
            if ((span[(int)(bit / 8)] & (1 << (int)(bit % 8))) == 0)
            {
                return false;
            }
        }

        return true;
    }

    // The same on every gateway, whatever its version. Ids may differ in a few bits only, so all bits are mixed (the finalizer of splitmix64).
    private static (ulong First, ulong Step) Hash(ulong id)
    {
        var hash = id + 0x9E3779B97F4A7C15;
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
        hash ^= hash >> 31;
        return (hash, (hash >> 32) | 1);
    }
}
