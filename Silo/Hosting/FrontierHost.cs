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
        builder.AddControlPorts(settings);
        AddListeners(builder, settings);
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseFrontierHealth();
        app.UseControlPorts();
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
    }

    private static void AddListeners(WebApplicationBuilder builder, FrontierSettings settings)
    {
        var observability = settings.Get<ObservabilityOptions>();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().UseFrontierSockets();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenFrontier();
            kestrel.ListenControlPorts(settings);
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
