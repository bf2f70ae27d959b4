namespace Frontier.Grains.Catalog;

/// <summary>Brings the services of all gateways together in one list that is the same whatever order the gateways came in.</summary>
internal static class CatalogMerge
{
    /// <summary>
    /// All services ordered by id. Of two entries for one id the one with the larger epoch wins: the other session is being closed.
    /// </summary>
    public static CatalogEntry[] Merge(IEnumerable<CatalogEntry> entries)
    {
        var winners = new SortedDictionary<ulong, CatalogEntry>();
        foreach (var entry in entries)
        {
            if (!winners.TryGetValue(entry.ServiceId, out var other) || Wins(entry, other))
            {
                winners[entry.ServiceId] = entry;
            }
        }

        return [.. winners.Values];
    }

    /// <summary>Whether two lists say the same, entry by entry.</summary>
    public static bool AreSame(IReadOnlyList<CatalogEntry> left, IReadOnlyList<CatalogEntry> right)
    {
        if (left.Count != right.Count)
        {
            return false;
        }

        for (var i = 0; i < left.Count; i++)
        {
            if (!AreSame(left[i], right[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Wins(CatalogEntry entry, CatalogEntry other) =>
        entry.Epoch != other.Epoch ? entry.Epoch > other.Epoch : string.CompareOrdinal(entry.GatewayId, other.GatewayId) < 0;

    private static bool AreSame(CatalogEntry left, CatalogEntry right) =>
        ReferenceEquals(left, right)
        || (left.ServiceId == right.ServiceId
            && left.Epoch == right.Epoch
            && left.GatewayId == right.GatewayId
            && left.Name == right.Name
            && left.Methods.SequenceEqual(right.Methods, StringComparer.Ordinal)
            && left.Topics.SequenceEqual(right.Topics, StringComparer.Ordinal));
}
