namespace Frontier.Grains.Sessions;

/// <summary>A session that holds an id, or that waits to take it over.</summary>
/// <param name="Epoch">The session's epoch.</param>
/// <param name="GatewayId">The gateway that holds the socket.</param>
/// <param name="Silo">The silo in the gateway's process; null when the gateway did not say.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.SessionHolder")]
internal sealed record SessionHolder(
    [property: Id(0)] long Epoch,
    [property: Id(1)] string GatewayId,
    [property: Id(2)] SiloAddress? Silo)
{
    /// <summary>When the session claimed the id, as a timestamp of this process's clock: it does not travel.</summary>
    [field: NonSerialized]
    public long ClaimedAt { get; init; }
}
