namespace Frontier.GrainInterfaces;

/// <summary>A gateway of the cluster, as the catalog lists it.</summary>
/// <param name="GatewayId">Its id, unique among the live gateways.</param>
/// <param name="Silo">The silo in its process, by which <see cref="IGatewayPorts"/> reaches it; null when the process is in no cluster.</param>
/// <param name="ServiceboundAddress">Where services outside reach it, <c>host:port</c>.</param>
/// <param name="EdgeboundAddress">Where edges outside reach it, <c>host:port</c>.</param>
/// <param name="StartedAt">When its process started: tells two lives of one gateway apart.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.GatewayRecord")]
public sealed record GatewayRecord(
    [property: Id(0)] string GatewayId,
    [property: Id(1)] SiloAddress? Silo,
    [property: Id(2)] string ServiceboundAddress,
    [property: Id(3)] string EdgeboundAddress,
    [property: Id(4)] DateTimeOffset StartedAt)
{
    /// <summary>True when the gateway is leaving: it serves the peers it has and takes no new ones.</summary>
    [Id(5)]
    public bool IsDraining { get; init; }
}
