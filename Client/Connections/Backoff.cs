namespace Frontier.Client;

/// <summary>The waits between tries: exponential, with jitter.</summary>
/// <param name="options">Their limits.</param>
/// <param name="random">From 0 to 1, 1 excluded.</param>
internal sealed class Backoff(ReconnectOptions options, Func<double> random)
{
    private int _tries;

    /// <summary>The next wait.</summary>
    public TimeSpan Next()
    {
        // 2^30 half seconds are more than any limit, and further doubling would overflow.
        var limit = Math.Min(options.MaxDelay.TotalMilliseconds, options.InitialDelay.TotalMilliseconds * (1L << Math.Min(_tries, 30)));
        var least = _tries == 0 ? 0 : limit / 2;
        _tries++;
        return TimeSpan.FromMilliseconds(least + (random() * (limit - least)));
    }

    /// <summary>The next try needs no wait; it counts all the same.</summary>
    public void Skip() => _tries++;

    /// <summary>Whether nothing has been tried since the start.</summary>
    public bool IsFresh => _tries == 0;

    /// <summary>A connection held: begins anew.</summary>
    public void Reset() => _tries = 0;
}
