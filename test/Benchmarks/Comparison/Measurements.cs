namespace Frontier.Benchmarks;

/// <summary>The best measurement of each benchmark over several runs, the calibration's included.</summary>
internal sealed class Measurements
{
    private readonly Dictionary<string, Measurement> _best = new(StringComparer.Ordinal);

    /// <summary>Every benchmark but the calibration, related to it.</summary>
    public IReadOnlyDictionary<string, Measurement> Related
    {
        get
        {
            var calibration = _best.Values.First(measurement => ShortRun.IsCalibration(measurement.Name)).Fastest;
            return _best.Values.Where(measurement => !ShortRun.IsCalibration(measurement.Name))
                .ToDictionary(measurement => measurement.Name, measurement => measurement with { Ratio = measurement.Fastest / calibration }, StringComparer.Ordinal);
        }
    }

    /// <summary>Adds a run.</summary>
    public void Add(IEnumerable<Measurement> run)
    {
        foreach (var measurement in run)
        {
            _best[measurement.Name] = _best.TryGetValue(measurement.Name, out var known) ? Measurement.Better(known, measurement) : measurement;
        }
    }
}
