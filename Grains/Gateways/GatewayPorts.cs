using Orleans.Runtime.Services;

namespace Frontier.Grains.Gateways;

/// <inheritdoc cref="IGatewayPorts"/>
internal sealed class GatewayPorts(IServiceProvider services) : GrainServiceClient<IGatewayPort>(services), IGatewayPorts
{
    /// <inheritdoc/>
    public IGatewayPort Get(SiloAddress silo) => GetGrainService(silo);
}
