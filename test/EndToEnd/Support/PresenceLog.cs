using System.Collections.Concurrent;
using Frontier.Client;

namespace Frontier.EndToEnd.Tests.Support;

/// <summary>What a service has heard of edges, in order.</summary>
internal sealed class PresenceLog
{
    private readonly ConcurrentQueue<(bool Online, EdgePresence Edge)> _events = [];

    public IReadOnlyList<(bool Online, EdgePresence Edge)> Events => [.. _events];

    /// <summary>What was heard of one edge.</summary>
    public IReadOnlyList<(bool Online, EdgePresence Edge)> Of(ulong edgeId) => [.. _events.Where(item => item.Edge.EdgeId == edgeId)];

    /// <summary>Lets a service listen.</summary>
    public static async Task<PresenceLog> OfAsync(FrontierService service)
    {
        var log = new PresenceLog();
        await service.OnEdgeOnlineAsync((edge, _) =>
        {
            log._events.Enqueue((true, edge));
            return default;
        });
        await service.OnEdgeOfflineAsync((edge, _) =>
        {
            log._events.Enqueue((false, edge));
            return default;
        });
        return log;
    }

    /// <summary>Waits until an edge's session has gone.</summary>
    public Task OfflineAsync(ulong edgeId, int times = 1) =>
        Eventually.HoldsAsync(() => Of(edgeId).Count(item => !item.Online) >= times, $"edge {edgeId} is reported offline {times} times");
}
