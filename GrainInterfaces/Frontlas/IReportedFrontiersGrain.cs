namespace Frontier.GrainInterfaces;

/// <summary>
/// What frontiers of the original have reported of themselves (one grain, key 0): they are no members of the Orleans cluster, so nobody else knows of
/// their edges and services. Kept in memory; the process that holds a frontier's connection says everything again when the grain has lost it.
/// </summary>
[Alias("frontier.IReportedFrontiersGrain")]
public interface IReportedFrontiersGrain : IGrainWithIntegerKey
{
    /// <summary>Takes reports, in their order.</summary>
    /// <returns>Which life of the grain took them; another number than last time means that it has forgotten what it was told before.</returns>
    [Alias("report")]
    ValueTask<long> ReportAsync(IReadOnlyList<FrontierReport> reports);

    /// <summary>The frontiers that are alive, ordered by id.</summary>
    [Alias("list")]
    ValueTask<IReadOnlyList<ReportedFrontier>> ListAsync();

    /// <summary>The sessions among these ids that are alive, in no order.</summary>
    [Alias("find")]
    ValueTask<IReadOnlyList<SessionEntry>> FindAsync(SessionKind kind, IReadOnlyList<ulong> ids);

    /// <summary>Sessions in the order of <see cref="ScanHash"/>; see <see cref="IGatewayListing.Scan"/>.</summary>
    [Alias("scan")]
    ValueTask<SessionScan> ScanAsync(SessionKind kind, uint cursor, int count);
}

/// <summary>A frontier of the original.</summary>
/// <param name="FrontierId">Its id.</param>
/// <param name="ServiceboundAddress">Where services reach it, as it says.</param>
/// <param name="EdgeboundAddress">Where edges reach it, as it says.</param>
/// <param name="Counts">How many live sessions of it are known.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.ReportedFrontier")]
public sealed record ReportedFrontier(
    [property: Id(0)] string FrontierId,
    [property: Id(1)] string ServiceboundAddress,
    [property: Id(2)] string EdgeboundAddress,
    [property: Id(3)] SessionCounts Counts);

/// <summary>Something a frontier of the original reported.</summary>
/// <param name="Kind">What.</param>
/// <param name="FrontierId">The frontier.</param>
/// <param name="ConnectionId">The connection it came by. A newer connection of a frontier takes its place; what an older one says is ignored from then on.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.FrontierReport")]
public sealed record FrontierReport(
    [property: Id(0)] FrontierReportKind Kind,
    [property: Id(1)] string FrontierId,
    [property: Id(2)] Guid ConnectionId)
{
    /// <summary>Of a frontier: where services reach it.</summary>
    [Id(3)]
    public string ServiceboundAddress { get; init; } = "";

    /// <summary>Of a frontier: where edges reach it.</summary>
    [Id(4)]
    public string EdgeboundAddress { get; init; } = "";

    /// <summary>Of a session: edge or service.</summary>
    [Id(5)]
    public SessionKind Session { get; init; } = SessionKind.Edge;

    /// <summary>Of a session: its id.</summary>
    [Id(6)]
    public ulong SessionId { get; init; }

    /// <summary>Of a session that came online: the peer's address. Null in a mere sign of life.</summary>
    [Id(7)]
    public string? Address { get; init; }

    /// <summary>Of a service that came online: its name. Null in a mere sign of life.</summary>
    [Id(8)]
    public string? Name { get; init; }

    /// <summary>How long what is reported holds without another sign of life.</summary>
    [Id(9)]
    public TimeSpan Expiry { get; init; }
}

/// <summary>What a report says.</summary>
public enum FrontierReportKind
{
    /// <summary>The frontier has connected.</summary>
    FrontierOnline = 1,

    /// <summary>The frontier is still connected.</summary>
    FrontierAlive = 2,

    /// <summary>The frontier has left in good order, with all its sessions.</summary>
    FrontierOffline = 3,

    /// <summary>A session came online, or gave a sign of life.</summary>
    SessionAlive = 4,

    /// <summary>A session went offline.</summary>
    SessionOffline = 5,

    /// <summary>The frontier's connection broke. It stays, with its sessions, until they expire: it may be back in a moment.</summary>
    FrontierLost = 6,
}
