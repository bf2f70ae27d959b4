namespace Frontier.Benchmarks;

/// <summary>A benchmark beside its baseline.</summary>
/// <param name="Name">The benchmark.</param>
/// <param name="Expected">What the baseline says; null when it does not have it.</param>
/// <param name="Actual">What was measured; null when the benchmark is gone.</param>
internal sealed record ComparisonRow(string Name, BaselineEntry? Expected, Measurement? Actual)
{
    /// <summary>Whether the time is above what is allowed.</summary>
    public bool IsSlower => Expected is not null && Actual is not null && Actual.Ratio > Expected.AllowedRatio;

    /// <summary>Whether more is allocated than allowed.</summary>
    public bool AllocatesMore => Expected is not null && Actual is not null && Actual.AllocatedBytes > Expected.AllowedBytes;

    /// <summary>Whether this makes the comparison fail.</summary>
    public bool IsFailure => IsSlower || AllocatesMore || Expected is null || Actual is null;

    /// <summary>In words.</summary>
    public string Verdict => this switch
    {
        { Expected: null } => "not in the baseline",
        { Actual: null } => "no such benchmark",
        { IsSlower: true, AllocatesMore: true } => "slower, allocates more",
        { IsSlower: true } => "slower",
        { AllocatesMore: true } => "allocates more",
        _ => "ok",
    };
}
