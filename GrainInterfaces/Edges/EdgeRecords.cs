namespace Frontier.GrainInterfaces;

/// <summary>A connection that wants to be an edge.</summary>
/// <param name="GatewayId">The gateway that holds the socket.</param>
/// <param name="Address">The peer's address, <c>ip:port</c>.</param>
/// <param name="Meta">The opaque bytes the edge connected with.</param>
/// <param name="ConnectedAt">When the connection was accepted.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.EdgeRegistration")]
public sealed record EdgeRegistration(
    [property: Id(0)] string GatewayId,
    [property: Id(1)] string Address,
    [property: Id(2)] ReadOnlyMemory<byte> Meta,
    [property: Id(3)] DateTimeOffset ConnectedAt)
{
    /// <summary>
    /// The silo in the gateway's process, where the grain is to live while this session holds the id: a grain that is active elsewhere moves there.
    /// Null leaves the grain where it is, which is right only when there is a single silo.
    /// </summary>
    [Id(4)]
    public SiloAddress? Silo { get; init; }

    /// <summary>
    /// What the edge shows to prove that the session that holds the id is its own (<see cref="IEdgeLink.IsMovingWith"/>), so that it may take the id over
    /// where others could not. Empty when it shows nothing.
    /// </summary>
    [Id(5)]
    public ReadOnlyMemory<byte> MoveToken { get; init; }
}

/// <summary>What a claim to an id was answered with; the same for edges and services.</summary>
/// <param name="Granted">False when the id is held and the claim asked not to replace.</param>
/// <param name="Epoch">The session's epoch; grows with every session of the id, across restarts too. 0 when the claim was not granted.</param>
/// <param name="NeedsConfirm">True when another session holds the id, so that taking it over has to be confirmed; otherwise the claim alone suffices.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.SessionClaim")]
public readonly record struct SessionClaim([property: Id(0)] bool Granted, [property: Id(1)] long Epoch, [property: Id(2)] bool NeedsConfirm)
{
    /// <summary>
    /// True when the session has the id already but the grain is on its way to the session's silo, so that the session has to hold the id once more
    /// (<see cref="SessionHoldExtensions.HoldUntilSettledAsync(IEdgeGrain, EdgeRegistration, long)"/>).
    /// </summary>
    [Id(3)]
    public bool IsMoving { get; init; }
}

/// <summary>An edge that is online.</summary>
/// <param name="EdgeId">The edge's id.</param>
/// <param name="Epoch">The epoch of its session.</param>
/// <param name="GatewayId">The gateway that holds the socket.</param>
/// <param name="Address">The peer's address, <c>ip:port</c>.</param>
/// <param name="Meta">The opaque bytes the edge connected with.</param>
/// <param name="ConnectedAt">When the connection was accepted.</param>
/// <param name="Methods">The methods the edge registered.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.EdgeDescription")]
public sealed record EdgeDescription(
    [property: Id(0)] ulong EdgeId,
    [property: Id(1)] long Epoch,
    [property: Id(2)] string GatewayId,
    [property: Id(3)] string Address,
    [property: Id(4)] ReadOnlyMemory<byte> Meta,
    [property: Id(5)] DateTimeOffset ConnectedAt,
    [property: Id(6)] IReadOnlyList<string> Methods);
