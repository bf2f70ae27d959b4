using System.Net;
using BenchmarkDotNet.Attributes;
using Frontier.Client;
using Frontier.Gateway;
using Frontier.Silo;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Frontier.SdkBenchmarks;

/// <summary>
/// An edge calls a service over loopback: both SDK ends and the gateway in this process, so the time and the bytes are of all three together. Calls per second
/// are a thousand million through the mean.
/// </summary>
public class CallBenchmarks
{
    private const int Operations = 1024;

    private readonly byte[] _payload = new byte[128];
    private WebApplication? _gateway;
    private FrontierService? _service;
    private FrontierEdge? _edge;

    /// <summary>How many calls are under way at once, over one connection.</summary>
    [Params(1, 64)]
    public int Concurrent { get; set; }

    [GlobalSetup]
    public async Task SetUp()
    {
        var settings = FrontierSettings.Load(new ConfigurationInputs
        {
            Environment = new Dictionary<string, string?>(),
            Overrides = new Dictionary<string, string?>
            {
                ["edgebound:listen:addr"] = "127.0.0.1:0",
                ["servicebound:listen:addr"] = "127.0.0.1:0",
                ["controlplane:listen:addr"] = "127.0.0.1:0",
                ["control_plane:listen:addr"] = "127.0.0.1:0",
                ["observability:addr"] = "127.0.0.1:0",
            },
        });
        _gateway = FrontierHost.Build(settings, builder => builder.Logging.ClearProviders());
        await _gateway.StartAsync();
        var endpoints = _gateway.Services.GetRequiredService<FrontierEndpoints>();
        _service = await FrontierService.ConnectAsync(new FrontierServiceOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, endpoints.PortOf(FrontierEndpoints.Servicebound)) });
        await _service.RegisterAsync("echo", (request, _) => new(request.Payload));
        _edge = await FrontierEdge.ConnectAsync(new FrontierEdgeOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, endpoints.PortOf(FrontierEndpoints.Edgebound)) });
    }

    [GlobalCleanup]
    public async Task CleanUp()
    {
        await _edge!.DisposeAsync();
        await _service!.DisposeAsync();
        await _gateway!.StopAsync();
        await _gateway.DisposeAsync();
    }

    /// <summary>A call of 128 bytes and its answer.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public Task Call() => Task.WhenAll(Enumerable.Range(0, Concurrent).Select(_ => CallInTurnAsync(Operations / Concurrent)));

    private async Task CallInTurnAsync(int calls)
    {
        for (var i = 0; i < calls; i++)
        {
            await _edge!.CallAsync("echo", _payload);
        }
    }
}
