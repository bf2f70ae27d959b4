using System.Diagnostics;

namespace Frontier.Load;

/// <summary>Ticks of <see cref="Stopwatch"/>, in which all times of the driver are kept, and other units.</summary>
internal static class Clock
{
    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    public static long ToNanoseconds(long ticks) => (long)(ticks * NanosecondsPerTick);

    public static long FromSeconds(double seconds) => (long)(seconds * Stopwatch.Frequency);

    public static double ToSeconds(long ticks) => (double)ticks / Stopwatch.Frequency;
}
