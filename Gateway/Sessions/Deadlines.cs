namespace Frontier.Gateway;

/// <summary>When a forwarded request ends. Counted on the monotonic clock alone.</summary>
/// <param name="Due">On the <see cref="Environment.TickCount64"/> clock, in milliseconds.</param>
/// <param name="Now">When that was found out, on the same clock.</param>
internal readonly record struct Deadline(long Due, long Now)
{
    /// <summary>Whether the sender had given up already.</summary>
    public bool HasPassed => Due <= Now;
}

/// <summary>Makes deadlines: the gateway's own limit, or the caller's when it is earlier.</summary>
internal static class Deadlines
{
    /// <summary>From when a caller stops waiting; 0 when it did not say.</summary>
    public static Deadline From(long callerDue, TimeSpan limit)
    {
        var now = Environment.TickCount64;
        var due = now + ToMilliseconds(limit);
        return new Deadline(callerDue > 0 && callerDue < due ? callerDue : due, now);
    }

    /// <summary>From a timeout; null for none.</summary>
    public static Deadline From(TimeSpan? timeout, TimeSpan limit)
    {
        var now = Environment.TickCount64;
        return new Deadline(now + ToMilliseconds(timeout is { } wanted && wanted < limit ? wanted : limit), now);
    }

    /// <summary>How long it is until then; nothing once it has passed.</summary>
    public static TimeSpan Remaining(long due) => TimeSpan.FromMilliseconds(Math.Max(0, due - Environment.TickCount64));

    private static long ToMilliseconds(TimeSpan time) =>
        Math.Max(0, (time.Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond);
}
