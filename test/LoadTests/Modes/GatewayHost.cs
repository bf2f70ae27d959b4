using System.Net;
using Frontier.Gateway;
using Frontier.Silo;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Frontier.Load.Tests;

/// <summary>A gateway in the test's own process, on free ports of loopback.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GatewayHost(WebApplication app) => _app = app;

    public static async Task<GatewayHost> StartAsync()
    {
        var free = new Dictionary<string, string?>();
        foreach (var key in new[] { "edgebound:listen:addr", "servicebound:listen:addr", "controlplane:listen:addr", "control_plane:listen:addr", "observability:addr" })
        {
            free[key] = "127.0.0.1:0";
        }

        var settings = FrontierSettings.Load(new ConfigurationInputs { Environment = new Dictionary<string, string?>(), Overrides = free });
        var app = FrontierHost.Build(settings, builder => builder.Logging.ClearProviders());
        await app.StartAsync();
        return new GatewayHost(app);
    }

    /// <summary>A short load on it.</summary>
    public LoadOptions Load(LoadMode mode) => new()
    {
        Mode = mode,
        EdgeAddresses = [AddressOf(FrontierEndpoints.Edgebound)],
        ServiceAddresses = [AddressOf(FrontierEndpoints.Servicebound)],
        MetricsUrl = new Uri($"http://{AddressOf(FrontierEndpoints.Observability)}/metrics"),
        ServerPids = [Environment.ProcessId],
        Edges = 4,
        Concurrency = 8,
        PayloadBytes = 100,
        Duration = TimeSpan.FromSeconds(0.5),
        WarmUp = TimeSpan.FromSeconds(0.1),
    };

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private IPEndPoint AddressOf(string endpoint) =>
        new(IPAddress.Loopback, _app.Services.GetRequiredService<FrontierEndpoints>().PortOf(endpoint));
}
