namespace Frontier.Silo;

/// <summary>Shares out who watches whom: the processes stand in a ring, and each watches those that come next.</summary>
internal static class SiloRing
{
    /// <summary>
    /// The processes that come after one in the ring. Ordered by a hash, so that processes of one
    /// machine, which are lost together, do not only watch each other.
    /// </summary>
    public static SiloRingView From(SiloAddress self, IEnumerable<SiloAddress> silos, int count)
    {
        var ring = silos.Where(silo => !silo.Equals(self)).OrderBy(silo => silo.GetConsistentHashCode()).ThenBy(silo => silo).ToArray();
        var mine = self.GetConsistentHashCode();
        var first = Array.FindIndex(ring, silo => silo.GetConsistentHashCode() > mine);
        return new SiloRingView([.. Enumerable.Range(Math.Max(first, 0), Math.Min(count, ring.Length)).Select(i => ring[i % ring.Length])], ring);
    }
}

/// <summary>The ring as one process sees it.</summary>
/// <param name="Watched">The processes it watches.</param>
/// <param name="Others">All processes but itself.</param>
internal sealed record SiloRingView(IReadOnlyList<SiloAddress> Watched, IReadOnlyList<SiloAddress> Others);
