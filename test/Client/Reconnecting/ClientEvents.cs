using System.Collections.Concurrent;

namespace Frontier.Client.Tests;

/// <summary>What a client says about its connection, in order.</summary>
internal sealed class ClientEvents
{
    public ClientEvents(FrontierClient client)
    {
        client.Connected += (_, e) => All.Enqueue($"connected {e.Generation}");
        client.Disconnected += (_, e) => All.Enqueue($"disconnected {e.Generation} {e.Reason}{(e.WillReconnect ? "" : " for good")}");
        client.Reconnecting += (_, e) =>
        {
            All.Enqueue($"reconnecting {e.Attempt}");
            Tries.Enqueue(e);
        };
    }

    public ConcurrentQueue<string> All { get; } = new();

    public ConcurrentQueue<FrontierReconnectingEventArgs> Tries { get; } = new();
}
