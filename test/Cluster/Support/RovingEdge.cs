using System.Collections.Concurrent;

namespace Frontier.Cluster.Tests.Support;

/// <summary>An edge that connects again, under its id, to any gateway that takes it, whenever its connection ends; it answers <c>echo</c>.</summary>
internal sealed class RovingEdge
{
    private readonly IReadOnlyList<ClusterProcess> _gateways;
    private volatile FrontierEdge? _connected;
    private int _next;

    private RovingEdge(IReadOnlyList<ClusterProcess> gateways, int first)
    {
        _gateways = gateways;
        _next = first;
    }

    public ulong Id { get; private set; }

    /// <summary>The connection; null while there is none.</summary>
    public FrontierEdge? Connected => _connected is { IsConnected: true } edge ? edge : null;

    /// <summary>The longest it took to be connected again.</summary>
    public TimeSpan LongestAbsence { get; private set; }

    /// <summary>What it published and was told has arrived.</summary>
    public ConcurrentQueue<string> Acknowledged { get; } = new();

    /// <summary>Connects; goes on until the token is canceled.</summary>
    public static async Task<RovingEdge> StartAsync(IReadOnlyList<ClusterProcess> gateways, int first, CancellationToken cancellationToken)
    {
        var roving = new RovingEdge(gateways, first);
        await roving.ConnectAsync();
        _ = Task.Run(() => roving.FollowAsync(cancellationToken), CancellationToken.None);
        return roving;
    }

    /// <summary>Publishes numbered messages, each once, and notes those that were acknowledged.</summary>
    public async Task PublishAsync(string topic, CancellationToken cancellationToken)
    {
        for (var number = 0; !cancellationToken.IsCancellationRequested; number++)
        {
            if (Connected is not { } edge)
            {
                await Task.Delay(20, CancellationToken.None);
                continue;
            }

            var text = $"{Id}-{number}";
            try
            {
                await edge.PublishAsync(topic, System.Text.Encoding.UTF8.GetBytes(text), cancellationToken: CancellationToken.None);
                Acknowledged.Enqueue(text);
            }
            catch (FrontierException)
            {
                // Not acknowledged: it may have arrived or not.
            }

            await Task.Delay(10, CancellationToken.None);
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await ((Task)_connected!.Completion).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var away = System.Diagnostics.Stopwatch.StartNew();
            while (!cancellationToken.IsCancellationRequested)
            {
                try
                {
                    await ConnectAsync();
                    LongestAbsence = away.Elapsed > LongestAbsence ? away.Elapsed : LongestAbsence;
                    break;
                }
                catch (Exception e) when (e is FrontierException or IOException)
                {
                    await Task.Delay(20, CancellationToken.None);
                }
            }
        }

        await _connected!.DisposeAsync();
    }

    private async Task ConnectAsync()
    {
        var edge = await _gateways[_next++ % _gateways.Count].ConnectEchoEdgeAsync(Id);
        Id = edge.EdgeId;
        _connected = edge;
    }
}
