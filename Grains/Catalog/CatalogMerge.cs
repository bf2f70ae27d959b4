namespace Frontier.Grains.Catalog;

/// <summary>Brings the services of all gateways together in one list that is the same whatever order the gateways came in.</summary>
internal static class CatalogMerge
{
    /// <summary>
    /// All services ordered by id. Of two entries for one id the newer session's comes first: what it serves is asked of it, and the rest of the older one, which is
    /// there until the service has moved over.
    /// </summary>
    public static CatalogEntry[] Merge(IEnumerable<CatalogEntry> entries) =>
        [
            .. entries
                .OrderBy(entry => entry.ServiceId)
                .ThenByDescending(entry => entry.Epoch)
                .ThenBy(entry => entry.GatewayId, StringComparer.Ordinal),
        ];

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

    /// <summary>Whether two entries say the same.</summary>
    public static bool AreSame(CatalogEntry left, CatalogEntry right) =>
        ReferenceEquals(left, right)
        || (left.ServiceId == right.ServiceId
            && left.Epoch == right.Epoch
            && left.GatewayId == right.GatewayId
            && left.Name == right.Name
            && left.Methods.SequenceEqual(right.Methods, StringComparer.Ordinal)
            && left.Topics.SequenceEqual(right.Topics, StringComparer.Ordinal));
}
