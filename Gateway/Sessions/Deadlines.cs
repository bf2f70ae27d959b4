using Frontier.Protocol;

namespace Frontier.Gateway;

/// <summary>When a forwarded request ends, on the wire's clock and on the timer's.</summary>
/// <param name="Time">As it is written to the receiver.</param>
/// <param name="Due">On the <see cref="Environment.TickCount64"/> clock, in milliseconds.</param>
/// <param name="Remaining">How long it is from now.</param>
internal readonly record struct Deadline(GoTime Time, long Due, TimeSpan Remaining)
{
    /// <summary>Whether the sender has given up already.</summary>
    public bool HasPassed => Remaining <= TimeSpan.Zero;
}

/// <summary>Makes deadlines: the gateway's own limit, or the caller's when it is earlier.</summary>
internal static class Deadlines
{
    /// <summary>From what a caller wrote; zero when it wrote nothing.</summary>
    public static Deadline From(GoTime caller, long limitTicks)
    {
        var now = DateTime.UtcNow.Ticks;
        var end = now + limitTicks;
        return caller.IsZero || caller.UtcTicks >= end ? Make(GoTime.FromUtcTicks(end), limitTicks) : Make(caller, caller.UtcTicks - now);
    }

    /// <summary>From a timeout; null for none.</summary>
    public static Deadline From(TimeSpan? timeout, long limitTicks)
    {
        var ticks = timeout is { } wanted ? Math.Clamp(wanted.Ticks, 0, limitTicks) : limitTicks;
        return Make(GoTime.FromUtcTicks(DateTime.UtcNow.Ticks + ticks), ticks);
    }

    private static Deadline Make(GoTime time, long ticks) =>
        new(time, Environment.TickCount64 + ((ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond), new TimeSpan(ticks));
}
