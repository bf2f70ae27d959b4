namespace Frontier.Grains.Catalog;

/// <summary>
/// Brings one observer to the newest version without anyone waiting for it: one push at a time, and what changes meanwhile is one push
/// afterwards. Fails once and for all with the first push that fails.
/// </summary>
/// <param name="observer">Who is told.</param>
/// <param name="make">What to push: the newest catalog, for who has at least a version.</param>
/// <param name="onTaken">Called after each push that was taken.</param>
/// <param name="onFailed">Called once, after a push failed, with this feed and what happened.</param>
internal sealed class CatalogFeed(
    ICatalogObserver observer, Func<CatalogVersion, CatalogSnapshot> make, Action onTaken, Action<CatalogFeed, Exception> onFailed)
{
    private CatalogVersion _offered;
    private bool _hasNext;
    private bool _isPushing;

    /// <summary>Who is told.</summary>
    public ICatalogObserver Observer => observer;

    /// <summary>The newest version that was taken.</summary>
    public CatalogVersion Taken { get; private set; }

    /// <summary>There is a new version: pushes it, now or after the push that is under way; nothing when it was offered before.</summary>
    public void Offer(CatalogVersion version)
    {
        if (_offered == version)
        {
            return;
        }

        _offered = version;
        _hasNext = true;
        if (!_isPushing)
        {
            _isPushing = true;
            PushAsync().Ignore();
        }
    }

    /// <summary>No further push begins.</summary>
    public void Stop() => _hasNext = false;

    private async Task PushAsync()
    {
        try
        {
            while (_hasNext)
            {
                _hasNext = false;
                var snapshot = make(Taken);
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
