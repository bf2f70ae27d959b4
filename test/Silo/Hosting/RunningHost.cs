using Frontier.Gateway;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Frontier.Silo.Tests;

/// <summary>A gateway in the test's own process, on free ports of loopback.</summary>
internal sealed class RunningHost : IAsyncDisposable
{
    private RunningHost(WebApplication app)
    {
        App = app;
        Endpoints = app.Services.GetRequiredService<FrontierEndpoints>();
    }

    public WebApplication App { get; }

    public FrontierEndpoints Endpoints { get; }

    public HttpClient Observability => new() { BaseAddress = new Uri($"http://127.0.0.1:{Endpoints.PortOf(FrontierEndpoints.Observability)}") };

    public static WebApplication Build(Action<WebApplicationBuilder>? configure = null, params (string Key, string Value)[] overrides) =>
        FrontierHost.Build(
            Settings.FromKeys([.. Settings.OnFreePorts.ExceptBy(overrides.Select(key => key.Key), key => key.Key), .. overrides]),
            builder =>
            {
                builder.Logging.ClearProviders();
                configure?.Invoke(builder);
            });

    public static async Task<RunningHost> StartAsync(
        Action<WebApplicationBuilder>? configure = null, params (string Key, string Value)[] overrides)
    {
        var app = Build(configure, overrides);
        await app.StartAsync();
        return new RunningHost(app);
    }

    public async ValueTask DisposeAsync()
    {
        await App.StopAsync();
        await App.DisposeAsync();
    }
}
