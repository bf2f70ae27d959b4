using System.Globalization;
using System.Net;
using Frontier.Client;
using Frontier.Gateway;
using Frontier.Silo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Frontier.SdkBenchmarks;

/// <summary>What the benchmark's process does not do: a gateway, and an edge and a service at it that answer. Says where it is on one line, and ends with its input.</summary>
internal static class FarEnd
{
    /// <summary>The program's first argument when it is to be the far end.</summary>
    public const string Argument = "far-end";

    /// <summary>The method that both answer with what they were sent.</summary>
    public const string Method = "echo";

    public static async Task<int> RunAsync()
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
        await using var gateway = FrontierHost.Build(settings, builder => builder.Logging.ClearProviders());
        await gateway.StartAsync();
        var endpoints = gateway.Services.GetRequiredService<FrontierEndpoints>();
        var edgePort = endpoints.PortOf(FrontierEndpoints.Edgebound);
        var servicePort = endpoints.PortOf(FrontierEndpoints.Servicebound);
        await using var service = await FrontierService.ConnectAsync(new FrontierServiceOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, servicePort) });
        await service.RegisterAsync(Method, (request, _) => new(request.Payload));
        await using var edge = await FrontierEdge.ConnectAsync(new FrontierEdgeOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, edgePort) });
        await edge.RegisterAsync(Method, (request, _) => new(request.Payload));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{edgePort} {servicePort} {edge.EdgeId}"));
        while (await Console.In.ReadLineAsync() is not null)
        {
            // Nobody says anything; the input ends with the benchmark, however that ends.
        }

        await gateway.StopAsync();
        return 0;
    }
}
