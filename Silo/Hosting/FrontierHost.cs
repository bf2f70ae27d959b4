using Frontier.Gateway;
using Frontier.Grains.Hosting;
using GatewayListenOptions = Frontier.Gateway.ListenOptions;

namespace Frontier.Silo;

/// <summary>Puts the process together: the Orleans silo, the gateway's listeners, the control plane, health and metrics.</summary>
public static class FrontierHost
{
    /// <summary>Runs a host until the process is asked to stop.</summary>
    /// <param name="settings">The configuration.</param>
    /// <param name="cancellationToken">Stops the host, as SIGTERM does.</param>
    /// <exception cref="ListenException">An address cannot be had.</exception>
    internal static async Task RunAsync(FrontierSettings settings, CancellationToken cancellationToken)
    {
        await using var app = Build(settings);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested || app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Asked to stop while starting: an orderly end as well.
            await app.StopAsync(CancellationToken.None);
            return;
        }
        catch
        {
            // The silo starts before the listeners; left alone, it would complain for pages that its ground was pulled away.
            await app.StopAsync(CancellationToken.None);
            throw;
        }

        await app.WaitForShutdownAsync(cancellationToken);
    }

    /// <summary>Builds the host; it takes its Orleans ports now and opens its listeners when it is started.</summary>
    /// <param name="settings">The configuration.</param>
    /// <param name="configure">What else to register, for programs that have the gateway in their own process. Default: nothing.</param>
    /// <exception cref="ListenException">A port for Orleans is taken.</exception>
    public static WebApplication Build(FrontierSettings settings, Action<WebApplicationBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        // The empty builder: the usual one would read sources and open addresses of its own.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = "Frontier.Silo",
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = Environments.Production,
        });
        builder.Configuration.AddConfiguration(settings.Configuration);
        builder.AddFrontierLogging(settings.Get<LogOptions>());
        FrontierSettings.AddOptions(builder.Services, settings.Configuration);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.Get<DaemonOptions>().DrainTimeout);
        builder.Services.AddSingleton(settings.Audit);
        builder.Services.AddSingleton<StartReport>();
        builder.AddFrontierHealth();
        builder.AddFrontierMetrics(settings.Get<DaemonOptions>().FrontierId);
        AddSilo(builder, settings.Get<LocalClusterOptions>());
        if (settings.Get<FrontierPlaneOptions>().Enable)
        {
            builder.Services.AddFrontierPlane();
        }

        if (settings.Get<FrontlasOptions>().RedisMirror)
        {
            builder.Services.AddHostedService<RedisMirror>();
        }

        if (settings.Get<DashboardOptions>().Enable)
        {
            builder.UseOrleans(silo => silo.AddFrontierDashboard());
        }

        AddListeners(builder, settings);
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseFrontierHealth();
        app.UseControlPlane();
        app.UseFrontlas();
        app.UseFrontierDashboard();
        app.Services.GetRequiredService<StartGate>().Subscribe(app.Lifetime);
        app.Services.GetRequiredService<StartReport>().Subscribe();
        return app;
    }

    private static void AddSilo(WebApplicationBuilder builder, LocalClusterOptions cluster)
    {
        var ports = new LocalClusterPorts(cluster);
        // By factory, so that the container gives the ports free at the end.
        builder.Services.AddSingleton(_ => ports);
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(ports.Silo, ports.Gateway, serviceId: "frontier", clusterId: "frontier")
            .AddFrontierGrains()
            .AddFrontierGatewayPort());
        builder.Services.AddFrontierGateway();
        builder.Services.AddControlPlane();
        builder.Services.AddFrontlas();
    }

    private static void AddListeners(WebApplicationBuilder builder, FrontierSettings settings)
    {
        var controlplane = settings.Get<ControlplaneOptions>();
        var frontlas = settings.Get<FrontlasPortOptions>();
        var frontierPlane = settings.Get<FrontierPlaneOptions>();
        var dashboard = settings.Get<DashboardOptions>();
        var observability = settings.Get<ObservabilityOptions>();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().UseFrontierSockets();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenFrontier();
            if (controlplane.Enable)
            {
                kestrel.ListenGrpc(FrontierEndpoints.Controlplane, $"{ControlplaneOptions.Section}.listen.addr", controlplane.Listen);
            }

            if (frontlas.Enable)
            {
                kestrel.ListenGrpc(FrontierEndpoints.Frontlas, $"{FrontlasPortOptions.Section}.listen.addr", frontlas.Listen);
            }

            if (frontierPlane.Enable)
            {
                kestrel.ListenRaw<FrontierPlaneHandler>(FrontierEndpoints.FrontierPlane, $"{FrontierPlaneOptions.Section}.listen.addr", frontierPlane.Listen);
            }

            if (dashboard.Enable)
            {
                kestrel.ListenHttp(FrontierEndpoints.Dashboard, $"{DashboardOptions.Section}.listen.addr", dashboard.Listen);
            }

            if (observability.Enable)
            {
                kestrel.ListenHttp(
                    FrontierEndpoints.Observability,
                    $"{ObservabilityOptions.Section}.addr",
                    new GatewayListenOptions { Addr = observability.Addr });
            }
        });
    }
}
