namespace Frontier.Benchmarks;

/// <summary>What one benchmark took.</summary>
/// <param name="Name">Class, method and parameters.</param>
/// <param name="Nanoseconds">The mean time of one operation.</param>
/// <param name="Fastest">The time of one operation in the fastest iteration, in nanoseconds.</param>
/// <param name="AllocatedBytes">Bytes allocated by one operation.</param>
internal sealed record Measurement(string Name, double Nanoseconds, double Fastest, long AllocatedBytes)
{
    /// <summary><see cref="Fastest"/> as a multiple of the calibration's.</summary>
    public double Ratio { get; init; }

    /// <summary>The better of two measurements of one benchmark: what disturbs a measurement only ever adds to it.</summary>
    public static Measurement Better(Measurement left, Measurement right) => new(
        left.Name,
        Math.Min(left.Nanoseconds, right.Nanoseconds),
        Math.Min(left.Fastest, right.Fastest),
        Math.Min(left.AllocatedBytes, right.AllocatedBytes));
}
