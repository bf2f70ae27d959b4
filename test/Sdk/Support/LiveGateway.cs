using System.Net;
using System.Net.Sockets;
using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;
using Frontier.Gateway;
using Frontier.Silo;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Frontier.Sdk.Tests;

/// <summary>A whole gateway in the test's own process, which can be stopped and started again on the same ports.</summary>
internal sealed class LiveGateway : IAsyncDisposable
{
    private readonly (string Key, string Value)[] _overrides;
    private WebApplication? _app;

    private LiveGateway((string Key, string Value)[] overrides) => _overrides = overrides;

    public IPEndPoint EdgeEndPoint { get; } = FreeEndPoint();

    public IPEndPoint ServiceEndPoint { get; } = FreeEndPoint();

    public IPEndPoint FrontlasEndPoint { get; } = FreeEndPoint();

    public IPEndPoint GrainEndPoint { get; } = FreeEndPoint();

    public FrontierEdgeOptions EdgeOptions => new() { EndPoint = EdgeEndPoint, Reconnect = Support.FastReconnect };

    public FrontierServiceOptions ServiceOptions => new() { EndPoint = ServiceEndPoint, Reconnect = Support.FastReconnect };

    /// <summary>A listener by its name in <see cref="FrontierEndpoints"/>.</summary>
    public IPEndPoint EndPointOf(string name) => new(IPAddress.Loopback, _app!.Services.GetRequiredService<FrontierEndpoints>().PortOf(name));

    public static async Task<LiveGateway> StartAsync(params (string Key, string Value)[] overrides)
    {
        var gateway = new LiveGateway(overrides);
        await gateway.StartAgainAsync();
        return gateway;
    }

    public async Task StartAgainAsync()
    {
        Dictionary<string, string?> keys = new()
        {
            ["edgebound:listen:addr"] = EdgeEndPoint.ToString(),
            ["servicebound:listen:addr"] = ServiceEndPoint.ToString(),
            ["controlplane:listen:addr"] = "127.0.0.1:0",
            ["control_plane:listen:addr"] = FrontlasEndPoint.ToString(),
            ["observability:addr"] = "127.0.0.1:0",
            ["cluster:gateway_port"] = $"{GrainEndPoint.Port}",
        };
        foreach (var (key, value) in _overrides)
        {
            keys[key] = value;
        }

        var settings = FrontierSettings.Load(new ConfigurationInputs { Environment = new Dictionary<string, string?>(), Overrides = keys });
        _app = FrontierHost.Build(settings, builder =>
        {
            builder.Logging.ClearProviders();
            builder.Logging.AddProvider(new LogRecorder());
        });
        await _app.StartAsync();
        Assert.That(_app.Services.GetRequiredService<FrontierEndpoints>().PortOf(FrontierEndpoints.Edgebound), Is.EqualTo(EdgeEndPoint.Port));
    }

    public async Task StopAsync()
    {
        await _app!.StopAsync();
        await _app.DisposeAsync();
        _app = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await StopAsync();
        }
    }

    private static IPEndPoint FreeEndPoint()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
