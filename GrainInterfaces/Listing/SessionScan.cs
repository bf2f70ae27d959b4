namespace Frontier.GrainInterfaces;

/// <summary>Some of a gateway's sessions, in the order of <see cref="ScanHash"/>.</summary>
/// <param name="Entries">The sessions; those that share the last hash are all there.</param>
/// <param name="HasMore">Whether there are sessions with larger hashes.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.SessionScan")]
public sealed record SessionScan([property: Id(0)] IReadOnlyList<SessionEntry> Entries, [property: Id(1)] bool HasMore)
{
    /// <summary>Nothing, and nothing more.</summary>
    public static readonly SessionScan Empty = new([], HasMore: false);
}

/// <summary>A session, in short.</summary>
/// <param name="SessionId">The edge's or the service's id.</param>
/// <param name="GatewayId">The gateway that holds it.</param>
/// <param name="Address">The peer's address, <c>ip:port</c>.</param>
/// <param name="Name">A service's name; empty for an edge.</param>
/// <param name="ConnectedAt">Since when it is there, in Unix seconds.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.SessionEntry")]
public sealed record SessionEntry(
    [property: Id(0)] ulong SessionId,
    [property: Id(1)] string GatewayId,
    [property: Id(2)] string Address,
    [property: Id(3)] string Name,
    [property: Id(4)] long ConnectedAt);
