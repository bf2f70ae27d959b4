using Frontier.Gateway;
using Frontier.GrainInterfaces;

namespace Frontier.Silo;

/// <summary>The gateway of this process, for views that must not depend on the catalog to know it.</summary>
internal sealed class LocalGateway(GatewayIdentity identity, GatewayAnnouncement announcement, IGatewayListing listing)
{
    /// <summary>What it can tell of its sessions.</summary>
    public IGatewayListing Listing => listing;

    /// <summary>Its id.</summary>
    public string GatewayId => identity.GatewayId;

    /// <summary>Its record, as it is announced to the catalog; null before its listeners have their ports.</summary>
    public GatewayRecord? Describe() => announcement.Describe();
}
