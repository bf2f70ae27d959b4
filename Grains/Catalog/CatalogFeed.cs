namespace Frontier.Grains.Catalog;

/// <summary>
/// Brings one observer the newest snapshot without anyone waiting for it: one push at a time, and what changes meanwhile is one push
/// afterwards. Fails once and for all with the first push that fails.
/// </summary>
/// <param name="observer">Who is told.</param>
/// <param name="onTaken">Called after each push that was taken.</param>
/// <param name="onFailed">Called once, after a push failed, with this feed and what happened.</param>
internal sealed class CatalogFeed(ICatalogObserver observer, Action onTaken, Action<CatalogFeed, Exception> onFailed)
{
    private CatalogVersion _offered;
    private CatalogSnapshot? _next;
    private bool _isPushing;

    /// <summary>Who is told.</summary>
    public ICatalogObserver Observer => observer;

    /// <summary>The newest version that was taken.</summary>
    public CatalogVersion Taken { get; private set; }

    /// <summary>Pushes a snapshot, now or after the push that is under way; nothing when it was offered before.</summary>
    public void Offer(CatalogSnapshot snapshot)
    {
        if (_offered == snapshot.Version)
        {
            return;
        }

        _offered = snapshot.Version;
        _next = snapshot;
        if (!_isPushing)
        {
            _isPushing = true;
            PushAsync().Ignore();
        }
    }

    /// <summary>No further push begins.</summary>
    public void Stop() => _next = null;

    private async Task PushAsync()
    {
        try
        {
            while (_next is { } snapshot)
            {
                _next = null;
                await observer.CatalogChangedAsync(snapshot);
                Taken = snapshot.Version;
                onTaken();
            }

            _isPushing = false;
        }
        catch (Exception exception)
        {
            // Still marked as pushing: nothing is pushed to an observer that failed.
            onFailed(this, exception);
        }
    }
}
