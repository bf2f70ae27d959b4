namespace Frontier.GrainInterfaces;

/// <summary>
/// Gives out epochs. Each is larger than any this process has given out or has heard of, whatever the clocks of the machines say: a process starts at its
/// wall clock in microseconds, counts on by a clock that is never set, and never falls behind a reading of another process. Processes tell each other
/// their readings with every sync of the catalog, so all run as the one that is furthest ahead, and a session that comes back through another process gets
/// a larger epoch although nobody stores the last one. One per process.
/// </summary>
/// <param name="time">The wall clock for the start, and the timestamps to count on by.</param>
public sealed class EpochClock(TimeProvider time)
{
    private readonly long _startedAt = time.GetTimestamp();
    // What the clock showed at the start; raised by what others show.
    private long _origin = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
    private long _last;

    /// <summary>The reading: not smaller than any epoch that was given out or seen here.</summary>
    public long Now => Math.Max(Volatile.Read(ref _last), Running);

    private long Running => Volatile.Read(ref _origin) + Elapsed;

    private long Elapsed => time.GetElapsedTime(_startedAt).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>A new epoch.</summary>
    public long Next()
    {
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var next = Math.Max(last + 1, Running);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
            {
                return next;
            }
        }
    }

    /// <summary>Takes note of an epoch, or of the reading of another process.</summary>
    public void See(long epoch)
    {
        Raise(ref _origin, epoch - Elapsed);
        Raise(ref _last, epoch); // Within the same microsecond the clock alone would give it out again.
    }

    private static void Raise(ref long value, long least)
    {
        var before = Volatile.Read(ref value);
        while (before < least && Interlocked.CompareExchange(ref value, least, before) is var found && found != before)
        {
            before = found;
        }
    }
}
