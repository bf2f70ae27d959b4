using System.Text;
using Frontier.GrainInterfaces;

namespace Frontier.Gateway;

/// <summary>Makes lists of sessions. Sessions are looked at one by one; what is kept is bounded by what was asked for.</summary>
internal static class SessionLists
{
    /// <summary>
    /// Of a meta or a name that a list is ordered by, this much counts: metas may be 64 KiB, and the key of every entry before a page goes over the network.
    /// </summary>
    private const int MaxKeyBytes = 128;

    /// <inheritdoc cref="IGatewayListing.Rank"/>
    public static SessionRanking Rank(IEnumerable<IListedSession> sessions, SessionQuery query, int limit)
    {
        var filter = new SessionFilter(query);
        var first = new SmallestItems<SessionKey>(limit, SessionKey.Comparer(query.IsDescending));
        var count = 0;
        foreach (var session in sessions)
        {
            if (filter.Includes(session))
            {
                count++;
                if (limit > 0)
                {
                    first.Add(KeyOf(session, query.Order));
                }
            }
        }

        var keys = first.Take();
        return new SessionRanking(
            count,
            Array.ConvertAll(keys, key => key.Id),
            query.Order == SessionOrder.ConnectedAt ? Array.ConvertAll(keys, key => key.Time) : [],
            query.Order is SessionOrder.Address or SessionOrder.Label ? Array.ConvertAll(keys, key => key.Text!) : []);
    }

    /// <inheritdoc cref="IGatewayListing.ListNames"/>
    public static IReadOnlyList<ListedName> ListNames(IEnumerable<IListedSession> sessions, SessionQuery query, ListedNames names)
    {
        var filter = new SessionFilter(query);
        var newest = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var session in sessions)
        {
            if (!filter.Includes(session))
            {
                continue;
            }

            foreach (var name in session.NamesOf(names))
            {
                newest[name] = Math.Max(newest.GetValueOrDefault(name, long.MinValue), session.ConnectedAt.UtcTicks);
            }
        }

        return [.. newest.Select(name => new ListedName(name.Key, name.Value))];
    }

    /// <inheritdoc cref="IGatewayListing.Scan"/>
    public static SessionScan Scan(IReadOnlyCollection<IListedSession> sessions, uint cursor, int count, Func<IListedSession, SessionEntry> describe)
    {
        // The last hash kept is known only at the end, so those that share it are collected in a second walk.
        var hashes = new SmallestItems<uint>(count, Comparer<uint>.Default);
        foreach (var session in sessions)
        {
            if (ScanHash.Of(session.Id) is var hash && hash >= cursor)
            {
                hashes.Add(hash);
            }
        }

        if (hashes.Take() is not [.., var last])
        {
            return SessionScan.Empty;
        }

        var entries = new List<SessionEntry>(count);
        var hasMore = false;
        foreach (var session in sessions)
        {
            if (ScanHash.Of(session.Id) is var hash && hash >= cursor && hash <= last)
            {
                entries.Add(describe(session));
            }
            else
            {
                hasMore |= hash > last;
            }
        }

        entries.Sort(static (left, right) => ScanHash.Of(left.SessionId).CompareTo(ScanHash.Of(right.SessionId)));
        return new SessionScan(entries, hasMore);
    }

    private static SessionKey KeyOf(IListedSession session, SessionOrder order) => order switch
    {
        SessionOrder.ConnectedAt => new SessionKey(session.ConnectedAt.UtcTicks, null, session.Id),
        SessionOrder.Address => new SessionKey(0, session.Address, session.Id),
        SessionOrder.Label => new SessionKey(0, TextOf(session.Label), session.Id),
        _ => new SessionKey(0, null, session.Id),
    };

    private static string TextOf(ReadOnlySpan<byte> label) => Encoding.UTF8.GetString(label[..Math.Min(label.Length, MaxKeyBytes)]);
}
