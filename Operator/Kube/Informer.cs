using System.Diagnostics;

namespace Frontier.Operator.Kube;

/// <summary>
/// Keeps a cache of the objects of one kind: lists them, follows their changes, goes on from the last version when a watch ends, and lists again when the
/// server no longer knows that version. Every object is told anew at each resync, so that nothing rests on a change having been noticed.
/// </summary>
internal sealed partial class Informer
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    private readonly KubeApi _api;
    private readonly InformerSettings _settings;
    private readonly OperatorMetrics _metrics;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Begins with nothing known.</summary>
    public Informer(KubeApi api, InformerSettings settings, OperatorMetrics metrics, ILogger<Informer> logger)
    {
        _api = api;
        _settings = settings;
        _metrics = metrics;
        _logger = logger;
    }

    /// <summary>An object has changed, is gone, or is told anew. Called from one thread at a time.</summary>
    public event Action<KubeObject>? Seen;

    /// <summary>What is known.</summary>
    public ObjectCache Cache { get; } = new();

    /// <summary>The kind.</summary>
    public ResourceType Type => _settings.Type;

    /// <summary>Ends when the first list is in.</summary>
    public Task Synced => _synced.Task;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        string? version = null;
        var delay = FirstDelay;
        var resynced = Stopwatch.StartNew();
        var watched = new Stopwatch();
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (version is null)
                {
                    watched.Reset();
                    version = await ListAsync(cancellationToken);
                }

                if (resynced.Elapsed >= _settings.Resync)
                {
                    TellAll();
                    resynced.Restart();
                }

                watched.Restart();
                await foreach (var change in _api.WatchAsync(Type, _settings.Namespace, _settings.LabelSelector, version, _settings.Resync, cancellationToken))
                {
                    version = change.Object.ResourceVersion;
                    Take(change);
                    delay = FirstDelay;
                }

                _metrics.WatchEnded(Type.Kind, "closed");
                if (watched.Elapsed < FirstDelay)
                {
                    // A server that ends watches at once must not be asked in a tight loop.
                    await Task.Delay(delay, cancellationToken);
                    delay = Longer(delay);
                }
                else
                {
                    delay = FirstDelay;
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (KubeException gone) when (gone.IsGone)
            {
                _metrics.WatchEnded(Type.Kind, "expired");
                Log.Expired(_logger, Type.Kind, version ?? "");
                version = null;
                if (watched.Elapsed >= LongestDelay)
                {
                    delay = FirstDelay; // It went well until now.
                }
                else
                {
                    // A server that forgets each version at once (its own watch cache is starting, or etcd is compacted all the time) must not be listed in a tight loop.
                    await Task.Delay(delay * (0.5 + Random.Shared.NextDouble()), cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    delay = Longer(delay);
                }
            }
            catch (Exception error) when (error is KubeException or HttpRequestException or IOException or TimeoutException or OperationCanceledException
                or System.Text.Json.JsonException)
            {
                _metrics.WatchEnded(Type.Kind, "error");
                delay = watched.Elapsed >= LongestDelay ? FirstDelay : delay;
                var pause = (error as KubeException)?.RetryAfter ?? delay * (0.5 + Random.Shared.NextDouble());
                delay = Longer(delay);
                Log.Interrupted(_logger, Type.Kind, error.Message, pause);
                await Task.Delay(pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static TimeSpan Longer(TimeSpan delay) => delay * 2 < LongestDelay ? delay * 2 : LongestDelay;

    private async Task<string> ListAsync(CancellationToken cancellationToken)
    {
        var (items, version) = await _api.ListAsync(Type, _settings.Namespace, _settings.LabelSelector, cancellationToken);
        var listed = items.Select(item => item.Key).ToHashSet();
        // What was there before the list and is not in it has been deleted while nobody watched. What was written here while the list was on its way is newer.
        var gone = Cache.All.Where(known => !listed.Contains(known.Key) && IsCoveredBy(known, version)).ToList();
        foreach (var item in items)
        {
            Cache.Put(item);
        }

        foreach (var item in gone)
        {
            Cache.Remove(item);
            Seen?.Invoke(item);
        }

        TellAll();
        _synced.TrySetResult();
        Log.Listed(_logger, Type.Kind, items.Count, version);
        return version;
    }

    private static bool IsCoveredBy(KubeObject known, string listVersion) =>
        !ulong.TryParse(known.ResourceVersion, out var mine) || !ulong.TryParse(listVersion, out var list) || mine <= list;

    private void Take(WatchEvent change)
    {
        switch (change.Type)
        {
            case "ADDED" or "MODIFIED":
                Cache.Put(change.Object);
                Seen?.Invoke(change.Object);
                break;
            case "DELETED":
                Cache.Remove(change.Object);
                Seen?.Invoke(change.Object);
                break;
        }
    }

    private void TellAll()
    {
        foreach (var item in Cache.All)
        {
            Seen?.Invoke(item);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Listed {Count} objects of kind {Kind} at version {Version}")]
        public static partial void Listed(ILogger logger, string kind, int count, string version);

        [LoggerMessage(2, LogLevel.Information, "The server no longer knows version {Version} of {Kind}; listing again")]
        public static partial void Expired(ILogger logger, string kind, string version);

        [LoggerMessage(3, LogLevel.Warning, "Watching {Kind} was interrupted ({Problem}); again in {Pause}")]
        public static partial void Interrupted(ILogger logger, string kind, string problem, TimeSpan pause);
    }
}
