using System.Collections.Concurrent;

namespace Frontier.Gateway;

/// <summary>
/// Method names in base64, each kept once: a call in flight refers to its method's name without a copy of its own. Bounded; past the bound, names get copies.
/// </summary>
/// <param name="maxNameBytes">The longest name worth keeping, in bytes before base64.</param>
internal sealed class KeyCache(int maxNameBytes)
{
    // More names than a deployment has methods; a peer that invents names fills it once and costs 4 MiB at the default name limit.
    private const int MaxNames = 4096;

    private readonly ConcurrentDictionary<byte[], byte[]> _names = new(ByteKeyComparer.Instance);
    private int _count;

    /// <summary>An array with these bytes, not to be changed.</summary>
    public byte[] Get(ReadOnlySpan<byte> key)
    {
        if (key.IsEmpty)
        {
            return [];
        }

        if (_names.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out var known))
        {
            return known;
        }

        var copy = key.ToArray();
        if (key.Length <= maxNameBytes * 4 / 3 && Volatile.Read(ref _count) < MaxNames && _names.TryAdd(copy, copy))
        {
            Interlocked.Increment(ref _count);
        }

        return copy;
    }
}
