using System.Text.Json.Serialization;

namespace Frontier.Benchmarks;

/// <summary>One benchmark in the baseline.</summary>
/// <param name="Nanoseconds">The time of one operation where the file was written; to give an idea, not compared.</param>
/// <param name="Ratio">The time as a multiple of the calibration's.</param>
/// <param name="AllowedFactor">How many times <paramref name="Ratio"/> a new measurement may be.</param>
/// <param name="AllowedBytes">The most that one operation may allocate.</param>
internal sealed record BaselineEntry(double Nanoseconds, double Ratio, double AllowedFactor, double AllowedBytes)
{
    /// <summary>The largest ratio that is no regression.</summary>
    [JsonIgnore]
    public double AllowedRatio => Ratio * AllowedFactor;
}
