namespace Frontier.GrainInterfaces;

/// <summary>
/// What one gateway can tell of all its sessions. Each member looks through all of them (about a microsecond for ten) and is meant for operators,
/// not for the path of a message. Members are called from many threads.
/// </summary>
public interface IGatewayListing
{
    /// <summary>The first entries of a list.</summary>
    /// <param name="query">The list.</param>
    /// <param name="limit">How many entries at most.</param>
    SessionRanking Rank(SessionQuery query, int limit);

    /// <summary>The edges among these ids that are here, in no order.</summary>
    IReadOnlyList<EdgeDescription> DescribeEdges(IReadOnlyList<ulong> ids);

    /// <summary>The services among these ids that are here, in no order.</summary>
    IReadOnlyList<ServiceDescription> DescribeServices(IReadOnlyList<ulong> ids);

    /// <summary>All names that the sessions of a list have between them, each once, in no order.</summary>
    IReadOnlyList<ListedName> ListNames(SessionQuery query, ListedNames names);

    /// <summary>The sessions whose <see cref="ScanHash"/> is not smaller than a cursor.</summary>
    /// <param name="kind">Edges or services.</param>
    /// <param name="cursor">The cursor; 0 for the beginning.</param>
    /// <param name="count">How many; a few more come when several share the last hash.</param>
    SessionScan Scan(SessionKind kind, uint cursor, int count);

    /// <summary>How many sessions there are.</summary>
    SessionCounts Count();
}
