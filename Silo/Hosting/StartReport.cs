using System.Net;
using System.Reflection;
using Frontier.Gateway;
using Microsoft.Extensions.Options;

namespace Frontier.Silo;

/// <summary>Says once, when everything listens, what listens where; and what of the configuration had no effect.</summary>
internal sealed partial class StartReport(
    IHostApplicationLifetime lifetime,
    FrontierEndpoints endpoints,
    ClusterPorts ports,
    ConfigurationAudit audit,
    IOptions<DaemonOptions> daemon,
    ILogger<StartReport> logger,
    GatewayIdentity? gateway = null)
{
    /// <summary>The version of this build.</summary>
    public static string Version { get; } =
        typeof(StartReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Waits for the start and the stop.</summary>
    public void Subscribe()
    {
        lifetime.ApplicationStarted.Register(() =>
        {
            audit.WriteTo(logger);
            Log.Started(
                logger,
                Version,
                gateway?.GatewayId ?? daemon.Value.FrontierId,
                AddressOf(FrontierEndpoints.Servicebound),
                AddressOf(FrontierEndpoints.Edgebound),
                AddressOf(FrontierEndpoints.Controlplane),
                AddressOf(FrontierEndpoints.Frontlas),
                AddressOf(FrontierEndpoints.Observability),
                new IPEndPoint(ports.Address, ports.Silo),
                new IPEndPoint(ports.Address, ports.Gateway));
            lifetime.ApplicationStopping.Register(() => Log.Stopping(logger, daemon.Value.FrontierId, daemon.Value.DrainTimeout));
            lifetime.ApplicationStopped.Register(() => Log.Stopped(logger, daemon.Value.FrontierId));
        });
    }

    private string AddressOf(string name) => endpoints.Find(name)?.ToString() ?? "off";

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information,
            "Frontier {Version} {FrontierId} is up: services on {Servicebound}, edges on {Edgebound}, control plane on {Controlplane}, Frontlas on {Frontlas}, "
            + "health and metrics on {Observability}, Orleans on {Silo} (silo) and {OrleansGateway} (clients)",
            EventName = "Started")]
        public static partial void Started(
            ILogger logger,
            string version,
            string frontierId,
            string servicebound,
            string edgebound,
            string controlplane,
            string frontlas,
            string observability,
            IPEndPoint silo,
            IPEndPoint orleansGateway);

        [LoggerMessage(2, LogLevel.Information, "Frontier {FrontierId} is leaving; what is left after {DrainTimeout} is cut off", EventName = "Stopping")]
        public static partial void Stopping(ILogger logger, string frontierId, TimeSpan drainTimeout);

        [LoggerMessage(3, LogLevel.Information, "Frontier {FrontierId} has stopped", EventName = "Stopped")]
        public static partial void Stopped(ILogger logger, string frontierId);
    }
}
