using Frontier.Gateway;
using Frontier.GrainInterfaces;
using Microsoft.Extensions.Options;
using GatewayListenOptions = Frontier.Gateway.ListenOptions;

namespace Frontier.Silo;

/// <summary>The gateway of this process, for views that must not depend on the catalog to know it.</summary>
internal sealed class LocalGateway(
    GatewayIdentity identity,
    FrontierEndpoints endpoints,
    IOptions<ServiceboundOptions> servicebound,
    IOptions<EdgeboundOptions> edgebound,
    IGatewayListing listing,
    IConfiguration configuration)
{
    private readonly DateTimeOffset _startedAt = DateTimeOffset.UtcNow;

    /// <summary>What it can tell of its sessions.</summary>
    public IGatewayListing Listing => listing;

    /// <summary>Its id.</summary>
    public string GatewayId => identity.GatewayId;

    /// <summary>Its record, as far as the process itself knows it.</summary>
    public GatewayRecord Describe() => new(
        identity.GatewayId,
        identity.Silo,
        AddressOf(FrontierEndpoints.Servicebound, servicebound.Value.Listen),
        AddressOf(FrontierEndpoints.Edgebound, edgebound.Value.Listen),
        _startedAt);

    private string AddressOf(string name, GatewayListenOptions listen) =>
        endpoints.Find(name)?.Addresses is [var bound, ..]
            ? AdvertisedAddress.Of(listen, bound, AdvertisedAddress.OfThisHost(configuration[AdvertisedAddress.PodIpVariable]))
            : listen.Addr;
}
