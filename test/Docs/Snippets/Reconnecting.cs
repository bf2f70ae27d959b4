using System.Net;
using Frontier.Client;

namespace Frontier.Docs.Tests.Snippets;

internal static class Reconnecting
{
    public static async Task Events(FrontierEdgeOptions options)
    {
        #region reconnect-events
        await using var edge = new FrontierEdge(options);
        edge.Connected += (_, e) => Console.WriteLine($"connected to {e.EndPoint} as {e.Id}, connection {e.Generation}");
        edge.Disconnected += (_, e) => Console.WriteLine($"connection {e.Generation} ended: {e.Reason}");
        edge.Reconnecting += (_, e) => Console.WriteLine($"try {e.Attempt} in {e.Delay}");
        await edge.StartAsync();
        #endregion
    }

    public static FrontierEdgeOptions Options()
    {
        #region reconnect-options
        var options = new FrontierEdgeOptions
        {
            EndPoints = [new DnsEndPoint("gateway-1", 30012), new DnsEndPoint("gateway-2", 30012)],
            HeartbeatInterval = TimeSpan.FromSeconds(5),
            OfflineQueueCapacity = 1000,
            Reconnect = new ReconnectOptions
            {
                InitialDelay = TimeSpan.FromSeconds(1),
                MaxDelay = TimeSpan.FromMinutes(1),
                RetryFirstConnection = true,
            },
        };
        #endregion
        return options;
    }

    public static async Task Refused(FrontierEdge edge)
    {
        #region reconnect-refused
        var reason = await edge.Completion;
        if (edge.Failure is { Code: FrontierErrorCode.Refused } refusal)
        {
            Console.WriteLine($"The gateway does not want this edge: {refusal.PeerText}");
        }
        #endregion
        _ = reason;
    }

    public static async Task<CallResponse> Retry(FrontierEdge edge, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        #region errors-retry
        while (true)
        {
            try
            {
                return await edge.CallAsync("price", payload, cancellationToken: cancellationToken);
            }
            catch (FrontierException e) when (e.IsRetryable)
            {
                await edge.WaitUntilConnectedAsync(cancellationToken);
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
            }
        }
        #endregion
    }
}
