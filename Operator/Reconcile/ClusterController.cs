using System.Diagnostics;
using System.Threading.Channels;
using Frontier.Operator.Kube;
using Frontier.Operator.Queue;

namespace Frontier.Operator.Reconcile;

/// <summary>Brings every cluster that may have changed to the reconciler, one look at a time for each cluster.</summary>
internal sealed partial class ClusterController
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(2);

    private readonly ClusterCaches _caches;
    private readonly Reconciler _reconciler;
    private readonly OperatorMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly int _workers;
    private readonly ILogger _logger;
    private WorkQueue<ObjectKey>? _queue;

    /// <summary>Works on nothing yet.</summary>
    public ClusterController(
        ClusterCaches caches, Reconciler reconciler, OperatorMetrics metrics, TimeProvider time, int workers, ILogger<ClusterController> logger)
    {
        _caches = caches;
        _reconciler = reconciler;
        _metrics = metrics;
        _time = time;
        _workers = workers;
        _logger = logger;
        caches.Affected += key => Volatile.Read(ref _queue)?.Add(key);
        metrics.Observe(() => Volatile.Read(ref _queue)?.Count ?? 0);
    }

    /// <summary>Works until cancelled; ends when the last look has ended.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await _caches.Synced.WaitAsync(cancellationToken);
        var queue = new WorkQueue<ObjectKey>(FirstDelay, LongestDelay, _time);
        Volatile.Write(ref _queue, queue);
        foreach (var cluster in _caches.Of(ResourceType.FrontierClusters).All)
        {
            queue.Add(cluster.Key);
        }

        using var stop = cancellationToken.Register(queue.Close);
        await Task.WhenAll(Enumerable.Range(0, _workers).Select(_ => WorkAsync(queue, cancellationToken)));
    }

    private async Task WorkAsync(WorkQueue<ObjectKey> queue, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            ObjectKey key;
            try
            {
                key = await queue.TakeAsync(cancellationToken);
            }
            catch (Exception error) when (error is OperationCanceledException or ChannelClosedException)
            {
                return;
            }

            await LookAsync(queue, key, cancellationToken);
            queue.Done(key);
        }
    }

    private async Task LookAsync(WorkQueue<ObjectKey> queue, ObjectKey key, CancellationToken cancellationToken)
    {
        var started = Stopwatch.StartNew();
        try
        {
            var again = await _reconciler.ReconcileAsync(key, cancellationToken);
            queue.Forget(key);
            if (again is { } delay)
            {
                queue.AddAfter(key, delay);
            }

            _metrics.Reconciled("done", started.Elapsed);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The next leader goes on from what stands in the API server.
        }
        catch (Exception error)
        {
            // Whatever it was, it concerns this cluster only.
            var delay = queue.AddAfterFailure(key, (error as KubeException)?.RetryAfter);
            if (error is KubeException or HttpRequestException or IOException or TimeoutException)
            {
                Log.Again(_logger, key, error.Message, delay);
            }
            else
            {
                Log.Unforeseen(_logger, key, delay, error);
            }

            _metrics.Reconciled("failed", started.Elapsed);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Key}: {Problem}; again in {Delay}")]
        public static partial void Again(ILogger logger, ObjectKey key, string problem, TimeSpan delay);

        [LoggerMessage(2, LogLevel.Error, "{Key}: this was not foreseen; again in {Delay}")]
        public static partial void Unforeseen(ILogger logger, ObjectKey key, TimeSpan delay, Exception error);
    }
}
