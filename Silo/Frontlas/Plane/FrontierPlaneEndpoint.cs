using Frontier.Protocol;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Frontier.Silo;

/// <summary>Registers the frontier plane.</summary>
internal static class FrontierPlaneEndpoint
{
    /// <summary>Registers what takes the reports. To be called after Orleans was added, so that at shutdown the grains outlive it.</summary>
    public static void AddFrontierPlane(this IServiceCollection services)
    {
        services.TryAddSingleton<TimerWheel>(); // The gateway's, where the process has one.
        services.AddSingleton<ReportForwarder>();
        services.AddHostedService(provider => provider.GetRequiredService<ReportForwarder>());
        services.AddSingleton<FrontierPlaneHandler>();
    }
}
