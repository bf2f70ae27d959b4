using Frontier.Gateway;
using Microsoft.Extensions.Options;
using Orleans.Dashboard;

namespace Frontier.Silo;

/// <summary>The Orleans dashboard's port.</summary>
internal static class DashboardEndpoint
{
    /// <summary>Registers the dashboard's grains and pages.</summary>
    public static ISiloBuilder AddFrontierDashboard(this ISiloBuilder silo) => silo.AddDashboard();

    /// <summary>Answers whatever comes in by the dashboard's listener.</summary>
    public static void UseFrontierDashboard(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<IOptions<DashboardOptions>>().Value;
        if (!options.Enable)
        {
            return;
        }

        var tokens = new BearerTokens(options.Auth);
        app.UseListener(FrontierEndpoints.Dashboard, branch =>
        {
            branch.Use(next => context => tokens.CheckAsync(context, next, static _ => false, offerBasic: true));
            branch.UseRouting();
            branch.UseEndpoints(endpoints => endpoints.MapOrleansDashboard("/"));
        });
    }
}
