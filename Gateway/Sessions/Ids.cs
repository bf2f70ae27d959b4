namespace Frontier.Gateway;

/// <summary>Ids that the gateway gives to edges and services that bring none. Two gateways need not agree on them.</summary>
internal static class Ids
{
    private static ulong s_lastService;

    /// <summary>
    /// An id for an edge; never 0. Random over 63 bits, so that edges spread evenly over any number of service instances by modulo
    /// (the original counts up in steps of two, which sends every edge to the same one of two instances).
    /// </summary>
    public static ulong NextEdge() => (ulong)Random.Shared.NextInt64(1, long.MaxValue);

    /// <summary>
    /// An id for a service; never 0. Later services have larger ids, so that the instances of a method, which are ordered by id, keep their
    /// places when one is added: the reading of the cluster's epoch clock and 12 random bits.
    /// </summary>
    /// <param name="now">What the epoch clock shows, in microseconds.</param>
    public static ulong NextService(long now)
    {
        while (true)
        {
            var last = Volatile.Read(ref s_lastService);
            var next = Math.Max(last + 1, ((ulong)now << 12) | (uint)Random.Shared.Next(1 << 12));
            if (Interlocked.CompareExchange(ref s_lastService, next, last) == last)
            {
                return next;
            }
        }
    }
}
