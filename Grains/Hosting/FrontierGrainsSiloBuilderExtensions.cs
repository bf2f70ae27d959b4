using Frontier.Grains.Edges;
using Frontier.Grains.Gateways;
using Frontier.Grains.Mail;
using Frontier.Grains.Retention;
using Frontier.Grains.Services;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
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
        silo.Services.AddSingleton<RetentionMetrics>();
        silo.Services.AddSingleton<MailSchedule>();
        silo.Services.TryAddSingleton(provider => new EpochClock(provider.GetKeyedService<TimeProvider>(TimeProviderNames.Grains) ?? TimeProvider.System));
        return silo;
    }

    /// <summary>Keeps messages for later in the memory of this process, which must be a cluster of its own.</summary>
    /// <param name="services">The silo's services.</param>
    /// <param name="limits">What is kept at most.</param>
    public static IServiceCollection AddMemoryMessageStore(this IServiceCollection services, StoreLimits limits) =>
        services.AddSingleton(provider => CreateMemoryMessageStore(provider, limits));

    /// <summary>A store in the memory of this process.</summary>
    /// <param name="provider">The silo's services.</param>
    /// <param name="limits">What is kept at most.</param>
    public static IMessageStore CreateMemoryMessageStore(IServiceProvider provider, StoreLimits limits) =>
        new MemoryMessageStore(provider.GetKeyedService<TimeProvider>(TimeProviderNames.Grains) ?? TimeProvider.System, limits);

    /// <summary>Keeps the grains of sessions away from a process that holds no sockets. Such a process needs others that are gateways.</summary>
    public static ISiloBuilder WithoutSessionGrains(this ISiloBuilder silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        return silo.Without(IsSessionGrain);
    }

    /// <summary>Keeps everything but the grains of sessions away from a process that is a gateway only. Such a process needs others that are not.</summary>
    public static ISiloBuilder WithOnlySessionGrains(this ISiloBuilder silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        return silo.Without(grain => grain.Assembly == typeof(EdgeGrain).Assembly && !IsSessionGrain(grain));
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

    private static bool IsSessionGrain(Type grain) => grain == typeof(EdgeGrain) || grain == typeof(ServiceGrain);

    // Orleans places a grain only on silos that say they have its class.
    private static ISiloBuilder Without(this ISiloBuilder silo, Predicate<Type> isUnwanted)
    {
        silo.Services.PostConfigure<GrainTypeOptions>(types => types.Classes.RemoveWhere(grain => isUnwanted(grain) && typeof(Grain).IsAssignableFrom(grain)));
        return silo;
    }
}
