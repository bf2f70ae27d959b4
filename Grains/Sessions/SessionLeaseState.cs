namespace Frontier.Grains.Sessions;

/// <summary>A <see cref="SessionLease"/> on its way to another silo.</summary>
/// <param name="EpochNow">What the process's <see cref="EpochClock"/> shows: no epoch of the id is larger.</param>
/// <param name="Current">The session that holds the id, if any.</param>
/// <param name="Pending">The claims that wait for their login to succeed.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.SessionLeaseState")]
internal sealed record SessionLeaseState(
    [property: Id(0)] long EpochNow,
    [property: Id(1)] SessionHolder? Current,
    [property: Id(2)] IReadOnlyList<SessionHolder> Pending);
