namespace Frontier.GrainInterfaces;

/// <summary>Where a session is.</summary>
/// <param name="GatewayId">The gateway that holds its socket.</param>
/// <param name="Silo">The silo in that gateway's process.</param>
/// <param name="Epoch">The session's epoch.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.SessionLocation")]
public sealed record SessionLocation([property: Id(0)] string GatewayId, [property: Id(1)] SiloAddress Silo, [property: Id(2)] long Epoch);
