using Frontier.Gateway;
using Frontier.Grains.Frontlas;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Frontier.Silo;

/// <summary>The ports by which the cluster is looked at and steered: control plane, Frontlas façade, frontier plane, dashboard; and the mirror in Redis.</summary>
internal static class ControlPorts
{
    /// <summary>Registers what stands behind the ports. To be called after Orleans and the gateway, if the process has one, were added.</summary>
    public static void AddControlPorts(this WebApplicationBuilder builder, FrontierSettings settings)
    {
        builder.Services.AddControlPlane();
        if (!IsSilo(settings))
        {
            return; // What answers for the whole cluster stands with the grains.
        }

        builder.Services.AddFrontlas();
        if (settings.Get<FrontierPlaneOptions>().Enable)
        {
            builder.Services.AddFrontierPlane();
            if (RedisServer.IsGiven(settings.Get<ClusteringOptions>(), settings.Get<RedisOptions>()))
            {
                var key = $"frontier:{settings.Get<ClusteringOptions>().ClusterId}:reported";
                builder.Services.AddSingleton<IReportStore>(provider =>
                {
                    var redis = provider.GetRequiredService<ClusterRedis>();
                    return new RedisReportStore(() => redis.Connection, key);
                });
            }
        }

        if (settings.Get<FrontlasOptions>().RedisMirror)
        {
            builder.Services.AddHostedService<RedisMirror>();
        }

        if (settings.Get<DashboardOptions>().Enable)
        {
            builder.UseOrleans(silo => silo.AddFrontierDashboard());
        }
    }

    /// <summary>Adds the listeners that the configuration enables.</summary>
    public static void ListenControlPorts(this KestrelServerOptions kestrel, FrontierSettings settings)
    {
        if (settings.Get<ControlplaneOptions>() is { Enable: true } controlplane)
        {
            kestrel.ListenGrpc(FrontierEndpoints.Controlplane, $"{ControlplaneOptions.Section}.listen.addr", controlplane.Listen);
        }

        if (!IsSilo(settings))
        {
            return;
        }

        if (settings.Get<FrontlasPortOptions>() is { Enable: true } frontlas)
        {
            kestrel.ListenGrpc(FrontierEndpoints.Frontlas, $"{FrontlasPortOptions.Section}.listen.addr", frontlas.Listen);
        }

        if (settings.Get<FrontierPlaneOptions>() is { Enable: true } plane)
        {
            kestrel.ListenRaw<FrontierPlaneHandler>(FrontierEndpoints.FrontierPlane, $"{FrontierPlaneOptions.Section}.listen.addr", plane.Listen);
        }

        if (settings.Get<DashboardOptions>() is { Enable: true } dashboard)
        {
            kestrel.ListenHttp(FrontierEndpoints.Dashboard, $"{DashboardOptions.Section}.listen.addr", dashboard.Listen);
        }
    }

    /// <summary>Adds the ports' pipelines.</summary>
    public static void UseControlPorts(this WebApplication app, FrontierSettings settings)
    {
        app.UseControlPlane();
        if (!IsSilo(settings))
        {
            return;
        }

        app.UseFrontlas();
        app.UseFrontierDashboard();
    }

    private static bool IsSilo(FrontierSettings settings) => settings.Get<ClusteringOptions>().ProcessRoles.HasFlag(ProcessRoles.Silo);
}
