using Frontier.Gateway;
using Microsoft.Extensions.Options;

namespace Frontier.Silo;

/// <summary>Registers the sections of the Frontlas part and the dashboard.</summary>
internal static class FrontlasConfiguration
{
    /// <summary>Binds the sections.</summary>
    public static IServiceCollection AddFrontlasOptions(this IServiceCollection services, IConfiguration configuration) => services
        .AddSingleton<IPostConfigureOptions<FrontierPlaneOptions>>(new FrontierPlaneOptionsDefaults(configuration))
        .AddFrontierSection<FrontlasPortOptions, FrontlasPortOptionsValidator>(configuration, FrontlasPortOptions.Section)
        .AddFrontierSection<FrontierPlaneOptions, FrontierPlaneOptionsValidator>(configuration, FrontierPlaneOptions.Section)
        .AddFrontierSection<FrontlasOptions, FrontlasOptionsValidator>(configuration, FrontlasOptions.Section)
        .AddFrontierSection<DashboardOptions, DashboardOptionsValidator>(configuration, DashboardOptions.Section);
}
