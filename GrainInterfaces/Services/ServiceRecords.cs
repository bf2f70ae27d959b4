namespace Frontier.GrainInterfaces;

/// <summary>A connection that wants to be a service.</summary>
/// <param name="GatewayId">The gateway that holds the socket.</param>
/// <param name="Address">The peer's address, <c>ip:port</c>.</param>
/// <param name="Name">The service's name; may be empty.</param>
/// <param name="ConnectedAt">When the connection was accepted.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.ServiceRegistration")]
public sealed record ServiceRegistration(
    [property: Id(0)] string GatewayId,
    [property: Id(1)] string Address,
    [property: Id(2)] string Name,
    [property: Id(3)] DateTimeOffset ConnectedAt)
{
    /// <summary>
    /// The silo in the gateway's process, where the grain is to live while this session holds the id: a grain that is active elsewhere moves there.
    /// Null leaves the grain where it is, which is right only when there is a single silo.
    /// </summary>
    [Id(4)]
    public SiloAddress? Silo { get; init; }
}

/// <summary>A service instance that is online.</summary>
/// <param name="ServiceId">The instance's id.</param>
/// <param name="Epoch">The epoch of its session.</param>
/// <param name="GatewayId">The gateway that holds the socket.</param>
/// <param name="Address">The peer's address, <c>ip:port</c>.</param>
/// <param name="Name">The service's name; may be empty.</param>
/// <param name="ConnectedAt">When the connection was accepted.</param>
/// <param name="Methods">The methods the service registered.</param>
/// <param name="Topics">The topics the service takes.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.ServiceDescription")]
public sealed record ServiceDescription(
    [property: Id(0)] ulong ServiceId,
    [property: Id(1)] long Epoch,
    [property: Id(2)] string GatewayId,
    [property: Id(3)] string Address,
    [property: Id(4)] string Name,
    [property: Id(5)] DateTimeOffset ConnectedAt,
    [property: Id(6)] IReadOnlyList<string> Methods,
    [property: Id(7)] IReadOnlyList<string> Topics);
