namespace Frontier.Gateway;

/// <summary>Who this gateway is.</summary>
/// <param name="GatewayId">Its id in the cluster.</param>
/// <param name="Silo">The silo in its process, where the grains of its sessions live.</param>
public sealed record GatewayIdentity(string GatewayId, SiloAddress? Silo);
