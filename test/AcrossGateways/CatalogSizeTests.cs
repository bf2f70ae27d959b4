using System.Diagnostics;
using System.Net;
using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;

namespace Frontier.AcrossGateways.Tests;

/// <summary>How long a large catalog takes to come about. Measures; run it by name.</summary>
[TestFixture, Explicit("measures")]
public sealed class CatalogSizeTests
{
    [TestCase(300, 500)]
    public async Task Services_with_many_topics_come_one_after_another(int services, int topics)
    {
        await using var gateway = await TestGateway.StartAsync();
        var clients = new List<FrontierService>();
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < services; i++)
        {
            clients.Add(await FrontierService.ConnectAsync(new FrontierServiceOptions
            {
                EndPoint = new IPEndPoint(IPAddress.Loopback, gateway.ServicePort),
                Name = $"service-{i}",
                Topics = [.. Enumerable.Range(0, topics).Select(topic => $"topic-{i}-{topic}")],
                Reconnect = null,
            }));
        }

        await Eventually.HoldsAsync(
            () => gateway.CatalogOfEdges.Directory.FindTopic(System.Text.Encoding.UTF8.GetBytes($"topic-{services - 1}-{topics - 1}")) is not null,
            "the other gateway knows the last topic");
        await TestContext.Out.WriteLineAsync(
            $"{services} x {topics}: {watch.Elapsed.TotalSeconds:0.0} s, {(Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds:0.0} s of CPU");
        await Task.WhenAll(clients.Select(client => client.DisposeAsync().AsTask()));
    }
}
