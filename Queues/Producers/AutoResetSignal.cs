namespace Frontier;

/// <summary>
/// Wakes a loop that looks for its work by itself. Setting it again before the loop has woken costs nothing and counts once; the loop always looks
/// again after the last time it was set. One loop waits at a time.
/// </summary>
#pragma warning disable CA1001 // A semaphore whose wait handle nobody asks for holds nothing.
internal sealed class AutoResetSignal
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _semaphore = new(0, 1);

    // 1 from the first Set until a waiter has taken it: nobody else releases the semaphore meanwhile.
    private int _isSet;

    /// <summary>Wakes the loop, now or when it waits next.</summary>
    public void Set()
    {
        if (Interlocked.Exchange(ref _isSet, 1) == 0)
        {
            _semaphore.Release();
        }
    }

    /// <summary>Waits until it is set, or for a while.</summary>
    /// <returns>Whether it was set.</returns>
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    public async ValueTask<bool> WaitAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        if (!await _semaphore.WaitAsync(limit, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        // Before the caller looks for work: who comes later sets it again.
        Interlocked.Exchange(ref _isSet, 0);
        return true;
    }

    /// <summary>Waits until it is set.</summary>
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    public async ValueTask WaitAsync(CancellationToken cancellationToken) => await WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
}
