namespace Frontier.Benchmarks;

/// <summary>Measures and compares. What looks like a regression is measured again: only one that stays is one.</summary>
internal static class Comparer
{
    private const int Attempts = 3;

    /// <summary>Compares the benchmarks whose names contain a text with the baseline.</summary>
    public static IReadOnlyList<ComparisonRow> Compare(Baseline baseline, string filter, Action<string> say)
    {
        var measurements = new Measurements();
        var rows = new List<ComparisonRow>();
        Func<string, bool> wanted = name => name.Contains(filter, StringComparison.OrdinalIgnoreCase);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var names = ShortRun.Names.Where(wanted).ToHashSet(StringComparer.Ordinal);
            say($"measuring {names.Count} benchmarks{(attempt > 0 ? " again" : string.Empty)}");
            measurements.Add(ShortRun.Measure(names.Contains));
            var measured = measurements.Related;
            rows = [.. baseline.Benchmarks.Keys.Where(name => name.Contains(filter, StringComparison.OrdinalIgnoreCase)).Union(measured.Keys)
                .Select(name => new ComparisonRow(name, baseline.Benchmarks.GetValueOrDefault(name), measured.GetValueOrDefault(name)))];
            var suspects = rows.Where(row => row.IsSlower || row.AllocatesMore).Select(row => row.Name).ToHashSet(StringComparer.Ordinal);
            if (suspects.Count == 0)
            {
                break;
            }

            wanted = suspects.Contains;
        }

        return rows;
    }

    /// <summary>Measures the benchmarks whose names contain a text for a baseline: the best of several runs.</summary>
    public static IReadOnlyCollection<Measurement> Measure(string filter, Action<string> say)
    {
        var measurements = new Measurements();
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            say($"measuring, run {attempt} of {Attempts}");
            measurements.Add(ShortRun.Measure(name => name.Contains(filter, StringComparison.OrdinalIgnoreCase)));
        }

        return [.. measurements.Related.Values];
    }
}
