using System.Net;
using System.Reflection;
using Frontier.Operator.Desired;
using Frontier.Operator.Kube;
using Frontier.Operator.Leadership;
using Frontier.Operator.Reconcile;
using k8s;
using OpenTelemetry.Metrics;

namespace Frontier.Operator;

/// <summary>Puts the process together: the connection to the API server, the caches, the leader election, the work, health and metrics.</summary>
internal static class OperatorHost
{
    private const string NamespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

    /// <summary>The version of this build.</summary>
    public static string Version { get; } =
        typeof(OperatorHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "latest";

    /// <summary>Runs the operator until the process is asked to stop.</summary>
    /// <exception cref="LeadershipLostException">Leadership was lost.</exception>
    public static async Task RunAsync(OperatorOptions options, CancellationToken cancellationToken)
    {
        var configuration = Connect(options);
        await using var app = Build(options, configuration);
        var work = app.Services.GetRequiredService<OperatorService>();
        try
        {
            await app.StartAsync(cancellationToken);
            work.TellAddress(app.Urls);
            await app.WaitForShutdownAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Asked to stop.
        }

        work.ThrowIfFailed();
    }

    private static KubernetesClientConfiguration Connect(OperatorOptions options) =>
        options.Kubeconfig is null && options.Context is null && KubernetesClientConfiguration.IsInCluster()
            ? KubernetesClientConfiguration.InClusterConfig()
            : KubernetesClientConfiguration.BuildConfigFromConfigFile(options.Kubeconfig, options.Context);

    private static WebApplication Build(OperatorOptions options, KubernetesClientConfiguration configuration)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = "Frontier.Operator",
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.UseUtcTimestamp = true;
        });
        builder.Logging.SetMinimumLevel(options.LogLevel);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.AddRouting();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<OperatorMetrics>();
        builder.Services.AddSingleton(new OperatorDefaults(options.FrontierImage, options.FrontlasImage));
        builder.Services.AddSingleton(services => new KubeApi(configuration, services.GetRequiredService<OperatorMetrics>()));
        builder.Services.AddSingleton(services => new ClusterCaches(
            services.GetRequiredService<KubeApi>(), options.Namespace, options.Resync, services.GetRequiredService<OperatorMetrics>(),
            services.GetRequiredService<ILoggerFactory>()));
        var leadership = LeadershipOf(options, configuration);
        builder.Services.AddSingleton(leadership);
        builder.Services.AddSingleton<MonitoringProbe>();
        builder.Services.AddSingleton(services => new EventRecorder(
            services.GetRequiredService<KubeApi>(), leadership.Identity, services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<Reconciler>();
        builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<ClusterController>(services, options.Workers));
        builder.Services.AddSingleton<LeaderElector>();
        builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<OperatorService>(services, options));
        builder.Services.AddHostedService(services => services.GetRequiredService<OperatorService>());
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(OperatorMetrics.MeterName)
            .AddRuntimeInstrumentation()
            .AddPrometheusExporter());
        // A look that is under way may end; the Lease is given back after it.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(20));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Any, options.HealthPort);
        });

        var app = builder.Build();
        app.UseOpenTelemetryPrometheusScrapingEndpoint();
        app.Run(context => AnswerAsync(context, app.Services.GetRequiredService<ClusterCaches>()));
        return app;
    }

    // One that does not lead is ready as well: it knows everything and waits.
    private static Task AnswerAsync(HttpContext context, ClusterCaches caches)
    {
        var synced = caches.Synced.IsCompletedSuccessfully;
        (context.Response.StatusCode, var text) = context.Request.Path.Value switch
        {
            "/healthz" => (StatusCodes.Status200OK, "ok"),
            "/readyz" when synced => (StatusCodes.Status200OK, "ok"),
            "/readyz" => (StatusCodes.Status503ServiceUnavailable, "the first lists are not in yet"),
            _ => (StatusCodes.Status404NotFound, "not found"),
        };
        return context.Response.WriteAsync(text);
    }

    private static LeadershipOptions LeadershipOf(OperatorOptions options, KubernetesClientConfiguration configuration)
    {
        var own = File.Exists(NamespaceFile) ? File.ReadAllText(NamespaceFile).Trim() : configuration.Namespace;
        // client-go's proportions: 15 s, 10 s, 2 s.
        return new LeadershipOptions(
            options.LeaseNamespace ?? (string.IsNullOrEmpty(own) ? "default" : own),
            options.LeaseName,
            options.Identity ?? $"{Environment.MachineName}_{Guid.NewGuid():N}",
            options.LeaseDuration,
            options.LeaseDuration * (2.0 / 3),
            options.LeaseDuration * (2.0 / 15));
    }
}
