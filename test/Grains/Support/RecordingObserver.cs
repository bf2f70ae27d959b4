using System.Collections.Concurrent;

namespace Frontier.Grains.Tests.Support;

/// <summary>Notes what it is told; can be made slow.</summary>
internal sealed class RecordingObserver : ICatalogObserver
{
    private TaskCompletionSource? _held;

    public ConcurrentQueue<CatalogSnapshot> Snapshots { get; } = [];

    public IEnumerable<long> Numbers => Snapshots.Select(snapshot => snapshot.Version.Number);

    /// <summary>From now on takes a push only when the returned source is completed. Completing it continues the feed right there.</summary>
    public TaskCompletionSource Hold() => _held = new TaskCompletionSource();

    public ValueTask CatalogChangedAsync(CatalogSnapshot snapshot)
    {
        Snapshots.Enqueue(snapshot);
        return _held is null ? ValueTask.CompletedTask : new ValueTask(_held.Task);
    }
}
