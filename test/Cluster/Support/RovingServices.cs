using System.Collections.Concurrent;
using System.Text;

namespace Frontier.Cluster.Tests.Support;

/// <summary>What a Go cluster service is: one connection to every gateway, made anew when it ends. Takes a topic and hears of edges.</summary>
internal sealed class RovingServices : IAsyncDisposable
{
    private readonly FrontierService?[] _connected;
    private readonly Task[] _following;
    private int _next;

    public RovingServices(IReadOnlyList<ClusterProcess> gateways, string name, string topic, CancellationToken over)
    {
        _connected = new FrontierService?[gateways.Count];
        _following = [.. gateways.Select((gateway, i) => Task.Run(() => FollowAsync(i, gateway, name, topic, over), CancellationToken.None))];
    }

    /// <summary>The messages that arrived.</summary>
    public ConcurrentDictionary<string, byte> Received { get; } = [];

    /// <summary>The sessions of edges that were said to be gone.</summary>
    public ConcurrentQueue<(ulong EdgeId, long Epoch)> Offline { get; } = new();

    /// <summary>Waits until there is a connection to every gateway.</summary>
    public Task ConnectedAsync() => Eventually.HoldsAsync(() => _connected.All(service => service is { IsConnected: true }), "a service is connected to every gateway");

    /// <summary>Calls an edge through any of the gateways. What a gateway that is leaving did not take goes to another.</summary>
    public async Task<ReadOnlyMemory<byte>> CallAsync(ulong edgeId, string method, byte[] payload)
    {
        while (true)
        {
            if (_connected[Interlocked.Increment(ref _next) % _connected.Length] is not { IsConnected: true } service)
            {
                await Task.Yield();
                continue;
            }

            try
            {
                return (await service.CallAsync(edgeId, method, payload)).Payload;
            }
            catch (FrontierException e) when (e.Code == FrontierErrorCode.GatewayDraining)
            {
                // Not sent.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_following);
        foreach (var service in _connected)
        {
            if (service is not null)
            {
                await service.DisposeAsync();
            }
        }
    }

    private async Task FollowAsync(int index, ClusterProcess gateway, string name, string topic, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            try
            {
                var service = await gateway.ConnectServiceAsync(name, [topic]);
                await service.OnEdgeOfflineAsync(
                    (edge, _) =>
                    {
                        Offline.Enqueue((edge.EdgeId, edge.Epoch));
                        return ValueTask.CompletedTask;
                    },
                    CancellationToken.None);
                var receiving = ReceiveAsync(service);
                _connected[index] = service;
                await ((Task)service.Completion).WaitAsync(over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!over.IsCancellationRequested)
                {
                    await receiving;
                }
            }
            catch (Exception e) when (e is FrontierException or IOException)
            {
                await Task.Delay(50, CancellationToken.None);
            }
        }
    }

    private async Task ReceiveAsync(FrontierService service)
    {
        await foreach (var message in service.ReceiveAsync())
        {
            Received.TryAdd(Encoding.UTF8.GetString(message.Payload.Span), 0);
            await message.AckAsync();
        }
    }
}
