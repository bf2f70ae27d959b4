using System.Net;
using System.Text;
using Frontier.Client;
using Frontier.Client.Grains;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Frontier.Docs.Tests.Snippets;

internal static class Hosted
{
    public static async Task Edge(string[] args)
    {
        #region hosting-edge
        var builder = Host.CreateApplicationBuilder(args);
        builder.Services.AddFrontierEdge(builder.Configuration.GetSection("Frontier"), (services, options) => options with
        {
            Methods = new Dictionary<string, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>>>
            {
                ["reboot"] = (request, cancellationToken) => new(Encoding.UTF8.GetBytes("rebooting")),
            },
        });
        builder.Services.AddHostedService<Readings>();
        await builder.Build().RunAsync();
        #endregion
    }

    public static void Telemetry(IServiceCollection services)
    {
        #region telemetry
        services.AddOpenTelemetry()
            .WithTracing(tracing => tracing.AddSource(FrontierClient.TelemetryName))
            .WithMetrics(metrics => metrics.AddMeter(FrontierClient.TelemetryName));
        #endregion
    }

    public static async Task Grains(string[] args, ulong edgeId)
    {
        #region grains-register
        var builder = Host.CreateApplicationBuilder(args);
        builder.Services.AddFrontierClient(options => options.Redis = "redis:6379");
        using var host = builder.Build();
        await host.StartAsync();
        var frontier = host.Services.GetRequiredService<IFrontier>();
        #endregion

        #region grains-call
        CallResponse answer = await frontier.Edge(edgeId).CallAsync("reboot", default);
        await frontier.Edge(edgeId).PublishAsync("news", Encoding.UTF8.GetBytes("hello"));
        await frontier.Topic("readings").PublishAsync(edgeId, new byte[] { 42 });
        if (await frontier.Edge(edgeId).DescribeAsync() is { } edge)
        {
            Console.WriteLine($"{edge.EdgeId} is at gateway {edge.GatewayId} since {edge.ConnectedAt}");
        }
        #endregion
        _ = answer;
    }

    public static void StaticGateway(IServiceCollection services)
    {
        #region grains-static
        services.AddFrontierClient(options => options.Gateways.Add(IPEndPoint.Parse("10.0.0.5:30000")));
        #endregion
    }

    #region hosting-worker
    internal sealed class Readings(FrontierEdge edge) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(10));
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await edge.WaitUntilConnectedAsync(stoppingToken);
                await edge.PublishAsync("readings", new byte[] { 42 }, cancellationToken: stoppingToken);
            }
        }
    }
    #endregion
}
