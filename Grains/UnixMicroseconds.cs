namespace Frontier.Grains;

/// <summary>Time as a number that grows across restarts: microseconds since 1970, UTC.</summary>
internal static class UnixMicroseconds
{
    /// <summary>The number for a moment.</summary>
    public static long From(DateTimeOffset moment) => (moment - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
