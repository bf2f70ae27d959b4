using Frontier.Gateway;
using Frontier.Queues;
using GatewayListenOptions = Frontier.Gateway.ListenOptions;

namespace Frontier.Silo;

/// <summary>Puts the process together: the Orleans silo, the gateway's listeners, the control plane, health and metrics.</summary>
public static partial class FrontierHost
{
    // For leaving the cluster, where draining has taken all of daemon.drain_timeout: one write to Redis and a word to the others.
    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(1);

    private const int MaxRequestBufferBytes = 64 << 10;
    private const int MaxRequestBytes = 1 << 20;

    /// <summary>Runs a host until the process is asked to stop.</summary>
    /// <param name="settings">The configuration.</param>
    /// <param name="cancellationToken">Stops the host, as SIGTERM does.</param>
    /// <param name="configure">What else to register. Default: nothing.</param>
    /// <exception cref="ListenException">An address cannot be had.</exception>
    /// <exception cref="ServiceFailedException">A part of the process ended by itself, and the process with it.</exception>
    internal static async Task RunAsync(
        FrontierSettings settings, CancellationToken cancellationToken, Action<WebApplicationBuilder>? configure = null)
    {
        var app = Build(settings, configure);
        var loggers = app.Services.GetRequiredService<ILoggerFactory>();
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        app.Lifetime.ApplicationStopping.Register(() => stopping.TrySetResult());
        IEnumerable<IHostedService> parts = [];
        app.Lifetime.ApplicationStarted.Register(() => parts = app.Services.GetServices<IHostedService>());
        var limit = settings.Get<DaemonOptions>().DrainTimeout + LeaveTime;
        var running = RunAsync(app, limit, cancellationToken);
        await Task.WhenAny(running, stopping.Task);
        if (!app.Lifetime.ApplicationStarted.IsCancellationRequested)
        {
            await running; // Why the start failed is to be told.
            return;
        }

        try
        {
            await running.WaitAsync(limit, CancellationToken.None);
        }
        catch (TimeoutException) when (!running.IsCompleted)
        {
            // Sessions are drained. What is left waits for others, as Orleans does for Redis; whoever watches this process finds that its ports are closed.
            Log.LeftAtOnce(loggers.CreateLogger(typeof(FrontierHost)), limit);
            loggers.Dispose(); // Writes out what the log still holds.
            ServiceFailedException.ThrowIfAny(parts);
        }
    }

    private static async Task RunAsync(WebApplication app, TimeSpan stopLimit, CancellationToken cancellationToken)
    {
        await using var disposed = app;
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested || app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Asked to stop while starting: an orderly end as well.
            await StopUnfinishedAsync(app, stopLimit);
            ServiceFailedException.ThrowIfAny(app.Services.GetServices<IHostedService>());
            return;
        }
        catch
        {
            // The silo starts before the listeners; left alone, it would complain for pages that its ground was pulled away.
            await StopUnfinishedAsync(app, stopLimit);
            throw;
        }

        try
        {
            await app.WaitForShutdownAsync(cancellationToken);
        }
        finally
        {
            ServiceFailedException.ThrowIfAny(app.Services.GetServices<IHostedService>()); // The cause, whatever failed after it.
        }
    }

    private static async Task StopUnfinishedAsync(WebApplication app, TimeSpan limit)
    {
        try
        {
            await app.StopAsync(CancellationToken.None).WaitAsync(limit, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // As at any other end: what is left waits for others.
        }
        catch (InvalidOperationException)
        {
            // Orleans refuses to stop a silo that has not begun to start.
        }
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
        var roles = settings.Get<ClusteringOptions>().ProcessRoles;
        builder.Configuration.AddConfiguration(settings.Configuration);
        builder.AddFrontierLogging(settings.Get<LogOptions>());
        FrontierSettings.AddOptions(builder.Services, settings.Configuration);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.Get<DaemonOptions>().DrainTimeout);
        builder.Services.AddSingleton(settings.Audit);
        builder.Services.AddSingleton<StartReport>();
        builder.AddFrontierHealth();
        builder.AddFrontierMetrics(settings.Get<DaemonOptions>().FrontierId);
        builder.AddFrontierCluster(settings);
        if (roles.HasFlag(ProcessRoles.Silo))
        {
            // Where topics' grains are.
            builder.Services.AddFrontierQueues(settings.Get<DaemonOptions>().FrontierId, settings.Get<ExchangeOptions>().ForwardTimeout);
            builder.Services.AddHostedService<QueueReporter>();
            builder.Services.AddFrontierRetention(settings);
        }

        if (roles.HasFlag(ProcessRoles.Gateway))
        {
            if (settings.Get<FrontlasOptions>().Enable)
            {
                // Before the gateway, so that it stops after it and reports how the last sessions end.
                builder.Services.AddSingleton<FrontlasReporter>();
                builder.Services.AddSingleton<ISessionObserver>(provider => provider.GetRequiredService<FrontlasReporter>());
                builder.Services.AddHostedService(provider => provider.GetRequiredService<FrontlasReporter>());
            }

            builder.Services.AddFrontierGateway();
        }

        builder.AddControlPorts(settings);
        AddListeners(builder, settings, roles);
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseFrontierHealth();
        app.UseControlPorts(settings);
        app.Services.GetRequiredService<LifetimeGates>().Subscribe(app.Lifetime);
        app.Services.GetRequiredService<StartReport>().Subscribe();
        return app;
    }

    private static void AddListeners(WebApplicationBuilder builder, FrontierSettings settings, ProcessRoles roles)
    {
        var observability = settings.Get<ObservabilityOptions>();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().UseFrontierSockets();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Requests here are small. What somebody begins and does not finish costs little, and not for long.
            kestrel.Limits.RequestHeadersTimeout = settings.Get<LimitOptions>().HandshakeTimeout;
            kestrel.Limits.MaxRequestBufferSize = MaxRequestBufferBytes;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBytes;
            if (roles.HasFlag(ProcessRoles.Gateway))
            {
                kestrel.ListenFrontier();
            }

            kestrel.ListenControlPorts(settings);
            if (observability.Enable)
            {
                kestrel.ListenHttp(
                    FrontierEndpoints.Observability,
                    $"{ObservabilityOptions.Section}.addr",
                    new GatewayListenOptions { Addr = observability.Addr, ProxyProtocol = observability.ProxyProtocol });
            }
        });
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Failed to leave the cluster within {Limit}; ending the process now, and the other processes will find out that it is gone")]
        public static partial void LeftAtOnce(ILogger logger, TimeSpan limit);
    }
}
