namespace Frontier.Gateway;

/// <summary>Who this gateway is.</summary>
/// <param name="gatewayId">Its id in the cluster.</param>
/// <param name="silo">The silo in its process, where the grains of its sessions live; null outside a cluster.</param>
public sealed class GatewayIdentity(string gatewayId, SiloAddress? silo)
{
    /// <summary>
    /// Its id in the cluster. Final when the listeners open: until then a gateway that finds its id in use takes another.
    /// </summary>
    public string GatewayId { get; private set; } = gatewayId;

    /// <summary>The silo in its process, where the grains of its sessions live; null outside a cluster.</summary>
    public SiloAddress? Silo { get; } = silo;

    internal void Rename(string gatewayId) => GatewayId = gatewayId;
}
