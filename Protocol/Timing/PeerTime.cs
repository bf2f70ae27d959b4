namespace Frontier.Protocol;

/// <summary>Translates the times that a plain peer writes and reads, which are its own clock's.</summary>
internal static class PeerTime
{
    /// <summary>What no deadline or difference of clocks is, in milliseconds: a day.</summary>
    public const long Absurd = 24 * 60 * 60 * 1000L;

    // Packet ids tell a peer's clock to the second, and late when they waited: within this two clocks count as equal.
    private const long MostBehind = -3000;
    private const long MostAhead = 100;

    /// <summary>
    /// When a deadline that a peer wrote passes, on the monotonic clock in milliseconds; up to a second and the frame's way late, never early. Null when nothing
    /// can be told from it.
    /// </summary>
    /// <param name="deadline">As it was written.</param>
    /// <param name="clock">The peer's clock.</param>
    /// <param name="wall">This side's wall clock in milliseconds since 1970.</param>
    /// <param name="now">This side's monotonic clock in milliseconds.</param>
    /// <param name="local">The deadline by this side's wall clock, for those that read it.</param>
    public static long? ToDue(GoTime deadline, in PeerClock clock, long wall, long now, out GoTime local)
    {
        local = deadline;
        var written = ToUnixMilliseconds(deadline);
        var left = written - clock.Offset - now;
        if (left is > -Absurd and < Absurd)
        {
            var ahead = clock.Offset - (wall - now);
            local = IsEqual(ahead) ? deadline : deadline.AddMilliseconds(-ahead);
            return now + left;
        }

        // Not the clock that the ids come from.
        var byWall = written - wall;
        return byWall > 0 ? now + byWall : left < 0 && clock.IsKnown ? 0 : null;
    }

    /// <summary>What to add to times of this side's wall clock for a peer that reads them by its own, in milliseconds: so much that none passes early.</summary>
    /// <param name="clock">The peer's clock.</param>
    /// <param name="wall">This side's wall clock in milliseconds since 1970.</param>
    /// <param name="now">This side's monotonic clock in milliseconds.</param>
    public static long ShiftFor(in PeerClock clock, long wall, long now)
    {
        var ahead = clock.Offset - (wall - now);

        // To a clock that is far behind, or none at all, any time is in the future.
        return !clock.IsKnown || IsEqual(ahead) || ahead < -Absurd ? 0 : ahead + 1000;
    }

    private static bool IsEqual(long ahead) => ahead is >= MostBehind and <= MostAhead;

    private static long ToUnixMilliseconds(GoTime time) => (time.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;
}
