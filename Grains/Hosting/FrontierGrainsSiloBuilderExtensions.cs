using Frontier.Grains.Gateways;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace Frontier.Grains.Hosting;

/// <summary>Adds Frontier's grains to a silo.</summary>
public static class FrontierGrainsSiloBuilderExtensions
{
    /// <summary>
    /// How often a request may be sent on after a grain that moved, at least. Orleans' own limit is 2, which is enough for grains that stay
    /// where they are; an edge's grain moves with every session that comes in on another gateway, and each move may overtake a claim that waits.
    /// </summary>
    private const int MinForwardCount = 16;

    /// <summary>
    /// Prepares a silo for Frontier's grains. Orleans finds the grains themselves; a process with the gateway role also registers its
    /// <see cref="ILocalConnections"/>. Grains tell the time by the <see cref="TimeProvider"/> with the key <c>TimeProviderNames.Grains</c>.
    /// </summary>
    public static ISiloBuilder AddFrontierGrains(this ISiloBuilder silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        silo.Services.PostConfigure<SiloMessagingOptions>(options => options.MaxForwardCount = Math.Max(options.MaxForwardCount, MinForwardCount));
        silo.Services.AddSingleton<IGatewayPorts, GatewayPorts>();
        return silo;
    }

    /// <summary>
    /// Lets other processes of the cluster reach the gateway of this one by <see cref="IGatewayPorts"/>. Needs <see cref="AddFrontierGrains"/>, and an
    /// <see cref="ILocalConnections"/> among the services.
    /// </summary>
    public static ISiloBuilder AddFrontierGatewayPort(this ISiloBuilder silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        return silo.AddGrainService<GatewayPort>();
    }
}
