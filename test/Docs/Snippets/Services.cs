using System.Net;
using Frontier.Client;

namespace Frontier.Docs.Tests.Snippets;

internal static class Services
{
    public static async Task Quickstart(ulong edgeId)
    {
        #region service-quickstart
        await using var service = await FrontierService.ConnectAsync(new FrontierServiceOptions
        {
            EndPoints = [new DnsEndPoint("gateway.internal", FrontierServiceOptions.DefaultPort)],
            Name = "billing",
            Topics = ["readings"],
        });
        await service.OnEdgeOnlineAsync((edge, cancellationToken) =>
        {
            Console.WriteLine($"edge {edge.EdgeId} is online, epoch {edge.Epoch}");
            return default;
        });
        CallResponse answer = await service.CallAsync(edgeId, "reboot", default);
        #endregion
        _ = answer;
    }

    public static async Task Presence(FrontierService service)
    {
        #region service-presence
        await service.OnGetEdgeIdAsync((meta, cancellationToken) => new(BitConverter.ToUInt64(meta.Span)));
        var epochs = new Dictionary<ulong, long>();
        await service.OnEdgeOnlineAsync((edge, cancellationToken) =>
        {
            lock (epochs)
            {
                epochs[edge.EdgeId] = edge.Epoch;
            }

            return default;
        });
        await service.OnEdgeOfflineAsync((edge, cancellationToken) =>
        {
            lock (epochs)
            {
                if (epochs.GetValueOrDefault(edge.EdgeId) <= edge.Epoch)
                {
                    epochs.Remove(edge.EdgeId); // Otherwise a newer session is there already.
                }
            }

            return default;
        });
        #endregion
    }

    public static async Task Keep(FrontierService service, ulong edgeId, ReadOnlyMemory<byte> news)
    {
        #region messages-keep
        await service.OnEdgeMessageOutcomeAsync((EdgeMessageReport report, CancellationToken cancellationToken) =>
        {
            Console.WriteLine($"message {report.Id} for edge {report.EdgeId}: {report.Outcome} {report.Error}");
            return default;
        });
        PublishReceipt receipt = await service.PublishOrKeepAsync(edgeId, "news", news, timeToLive: TimeSpan.FromHours(1));
        Console.WriteLine(receipt.IsKept ? $"waits as {receipt.Id}" : "the edge has it");
        #endregion
    }

    public static async Task Cluster(ulong edgeId)
    {
        #region cluster-service
        await using var service = await FrontierClusterService.ConnectAsync(new FrontierClusterServiceOptions
        {
            Frontlas = new Uri("http://frontlas:40011"),
            Service = new FrontierServiceOptions { Name = "billing", Topics = ["readings"] },
        });
        CallResponse answer = await service.CallAsync(edgeId, "reboot", default);
        #endregion
        _ = answer;
    }

    public static FrontierClusterServiceOptions Listed()
    {
        #region cluster-service-list
        var options = new FrontierClusterServiceOptions
        {
            Gateways = [new DnsEndPoint("gateway-1", 30011), new DnsEndPoint("gateway-2", 30011)],
        };
        #endregion
        return options;
    }
}
