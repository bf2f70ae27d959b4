using Frontier.GrainInterfaces;

namespace Frontier.Silo;

/// <summary>Makes one walk of several.</summary>
internal static class ScanMerge
{
    /// <summary>Merges parts that were all asked for the same cursor and the same count.</summary>
    /// <remarks>
    /// The result ends where the first of those that have more ended: beyond that, nobody knows what it left out. Up to there each showed all that
    /// share a hash, and so does the result.
    /// </remarks>
    public static SessionScan Merge(IReadOnlyList<SessionScan> parts, int count)
    {
        // An edge that is just moving may be on two gateways; the one that was there last is right.
        var entries = parts.SelectMany(part => part.Entries)
            .GroupBy(entry => entry.SessionId)
            .Select(same => same.MaxBy(entry => entry.ConnectedAt)!)
            .OrderBy(entry => ScanHash.Of(entry.SessionId))
            .ThenBy(entry => entry.SessionId)
            .ToList();
        var end = parts.Where(part => part.HasMore).Select(part => ScanHash.Of(part.Entries[^1].SessionId)).DefaultIfEmpty(uint.MaxValue).Min();
        if (entries.Count > count)
        {
            end = Math.Min(end, ScanHash.Of(entries[count - 1].SessionId));
        }

        var shown = entries.TakeWhile(entry => ScanHash.Of(entry.SessionId) <= end).ToList();
        return new SessionScan(shown, shown.Count < entries.Count || parts.Any(part => part.HasMore));
    }
}
