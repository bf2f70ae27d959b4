namespace Frontier.Benchmarks;

/// <summary>What one benchmark took.</summary>
/// <param name="Nanoseconds">One operation in the fastest slice.</param>
/// <param name="Ratio">The same as a multiple of the calibration's fastest slice; 0 when times were not measured.</param>
/// <param name="AllocatedBytes">Bytes that one operation allocated.</param>
internal sealed record Measurement(double Nanoseconds, double Ratio, double AllocatedBytes)
{
    /// <summary>The better of two: what disturbs a measurement only ever adds to it.</summary>
    public static Measurement Better(Measurement left, Measurement right)
    {
        var faster = left.Ratio <= right.Ratio ? left : right;
        return faster with { AllocatedBytes = Math.Min(left.AllocatedBytes, right.AllocatedBytes) };
    }

    /// <summary>The middle of an odd number of measurements.</summary>
    public static Measurement Middle(IReadOnlyCollection<Measurement> measurements) =>
        measurements.OrderBy(measurement => measurement.Ratio).ElementAt(measurements.Count / 2) with
        {
            AllocatedBytes = measurements.Select(measurement => measurement.AllocatedBytes).Order().ElementAt(measurements.Count / 2),
        };
}
