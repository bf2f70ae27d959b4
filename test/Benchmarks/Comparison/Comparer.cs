namespace Frontier.Benchmarks;

/// <summary>Measures and compares.</summary>
/// <param name="catalog">What there is to measure.</param>
/// <param name="attempts">How often what looks like a regression is measured.</param>
/// <param name="say">Where to say how far it is.</param>
internal sealed class Comparer(BenchmarkCatalog catalog, int attempts, Action<string> say)
{
    /// <summary>How often what looks like a regression is measured: one that stays is one.</summary>
    public const int DefaultAttempts = 8;

    // Runs of which the middle one becomes the baseline: the best of them would be one that later runs cannot reach.
    private const int BaselineRuns = 3;

    // A neighbour that takes half of a core does so for seconds: attempts that follow each other at once would all meet it.
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(1);

    /// <summary>Compares the benchmarks whose names contain a text with the baseline.</summary>
    /// <exception cref="ComparisonException">There is none.</exception>
    public async Task<IReadOnlyList<ComparisonRow>> CompareAsync(Baseline baseline, string filter, bool withTimes)
    {
        var rows = new List<ComparisonRow>();
        foreach (var benchmark in catalog.Matching(filter))
        {
            say(benchmark.Name);
            rows.Add(new ComparisonRow(
                benchmark.Name, baseline.Benchmarks.GetValueOrDefault(benchmark.Name), await SliceMeter.MeasureAsync(benchmark, withTimes)));
        }

        for (var attempt = 1; attempt < attempts && rows.Exists(IsSuspect); attempt++)
        {
            await Task.Delay(BetweenAttempts);
            foreach (var benchmark in catalog.Matching(filter))
            {
                var at = rows.FindIndex(row => row.Name == benchmark.Name);
                if (IsSuspect(rows[at]))
                {
                    say($"{benchmark.Name}: {rows[at].Verdict}, measuring again");
                    rows[at] = rows[at] with { Actual = Measurement.Better(rows[at].Actual!, await SliceMeter.MeasureAsync(benchmark, withTimes)) };
                }
            }
        }

        var known = catalog.Names;
        rows.AddRange(baseline.Benchmarks
            .Where(entry => entry.Key.Contains(filter, StringComparison.OrdinalIgnoreCase) && !known.Contains(entry.Key))
            .Select(entry => new ComparisonRow(entry.Key, entry.Value, null)));
        return rows.Count > 0 ? rows : throw new ComparisonException($"no benchmark has \"{filter}\" in its name");
    }

    /// <summary>Measures the benchmarks whose names contain a text for a baseline.</summary>
    /// <exception cref="ComparisonException">There is none.</exception>
    public async Task<IReadOnlyDictionary<string, Measurement>> MeasureAsync(string filter)
    {
        var benchmarks = catalog.Matching(filter);
        if (benchmarks.Count == 0)
        {
            throw new ComparisonException($"no benchmark has \"{filter}\" in its name");
        }

        var runs = benchmarks.ToDictionary(benchmark => benchmark.Name, _ => new List<Measurement>());
        for (var run = 1; run <= BaselineRuns; run++)
        {
            foreach (var benchmark in benchmarks)
            {
                say($"run {run} of {BaselineRuns}: {benchmark.Name}");
                runs[benchmark.Name].Add(await SliceMeter.MeasureAsync(benchmark, withTimes: true));
            }
        }

        return runs.ToDictionary(measured => measured.Key, measured => Measurement.Middle(measured.Value));
    }

    private static bool IsSuspect(ComparisonRow row) => row.IsSlower || row.AllocatesMore;
}
