using System.Net;
using Frontier.Client;
using Frontier.Gateway;
using Frontier.Silo;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Frontier.ControlPlane.Tests.Support;

/// <summary>The whole program in the test's own process, on free ports of loopback.</summary>
internal sealed class TestFrontier : IAsyncDisposable
{
    private readonly List<IDisposable> _clients = [];
    private bool _stopped;

    private TestFrontier(WebApplication app)
    {
        App = app;
        Endpoints = app.Services.GetRequiredService<FrontierEndpoints>();
    }

    public WebApplication App { get; }

    public FrontierEndpoints Endpoints { get; }

    public IGrainFactory Grains => App.Services.GetRequiredService<IGrainFactory>();

    /// <summary>Starts it with configuration keys, with colons between their parts.</summary>
    public static async Task<TestFrontier> StartAsync(params (string Key, string Value)[] overrides)
    {
        Dictionary<string, string?> keys = new()
        {
            ["daemon:frontier_id"] = "frontier-test",
            ["edgebound:listen:addr"] = "127.0.0.1:0",
            ["servicebound:listen:addr"] = "127.0.0.1:0",
            ["controlplane:listen:addr"] = "127.0.0.1:0",
            ["control_plane:listen:addr"] = "127.0.0.1:0",
            ["observability:addr"] = "127.0.0.1:0",
        };
        foreach (var (key, value) in overrides)
        {
            keys[key] = value;
        }

        var settings = FrontierSettings.Load(new ConfigurationInputs { Environment = new Dictionary<string, string?>(), Overrides = keys });
        var app = FrontierHost.Build(settings, builder =>
        {
            builder.Logging.ClearProviders();
            builder.Logging.AddProvider(new NUnitLog());
        });
        await app.StartAsync();
        return new TestFrontier(app);
    }

    public Uri Http(string listener, string host = "127.0.0.1") => new($"http://{host}:{Endpoints.PortOf(listener)}");

    /// <summary>A client for REST, over HTTP/1.1.</summary>
    public HttpClient Rest(string listener = FrontierEndpoints.Controlplane, string? token = null)
    {
        var client = new HttpClient { BaseAddress = Http(listener) };
        if (token is not null)
        {
            client.DefaultRequestHeaders.Add("Authorization", $"Bearer {token}");
        }

        _clients.Add(client);
        return client;
    }

    /// <summary>A channel for gRPC: HTTP/2 from the first byte on, as Go's gRPC clients do without TLS.</summary>
    public GrpcChannel Channel(string listener = FrontierEndpoints.Controlplane)
    {
        var channel = GrpcChannel.ForAddress(Http(listener));
        _clients.Add(channel);
        return channel;
    }

    public Task<FrontierEdge> ConnectEdgeAsync(ulong id = 0, string meta = "", CancellationToken cancellationToken = default) => FrontierEdge.ConnectAsync(
        new FrontierEdgeOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, Endpoints.PortOf(FrontierEndpoints.Edgebound)), Id = id, Meta = System.Text.Encoding.UTF8.GetBytes(meta), Reconnect = null },
        cancellationToken);

    public Task<FrontierService> ConnectServiceAsync(string name = "", ulong id = 0, params string[] topics) => FrontierService.ConnectAsync(
        new FrontierServiceOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, Endpoints.PortOf(FrontierEndpoints.Servicebound)), Name = name, Id = id, Topics = topics, Reconnect = null });

    public async Task StopAsync()
    {
        _stopped = true;
        await App.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        if (!_stopped)
        {
            await App.StopAsync();
        }

        await App.DisposeAsync();
    }
}
