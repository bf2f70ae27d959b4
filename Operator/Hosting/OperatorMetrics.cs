using System.Diagnostics.Metrics;

namespace Frontier.Operator;

/// <summary>What the operator counts: meter <c>Frontier.Operator</c>.</summary>
internal sealed class OperatorMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Frontier.Operator";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _writes;
    private readonly Counter<long> _reconciles;
    private readonly Counter<long> _watchEnds;
    private readonly Histogram<double> _duration;
    private int _leading;

    /// <summary>Begins at zero.</summary>
    public OperatorMetrics()
    {
        _writes = _meter.CreateCounter<long>("frontier.operator.writes", "{request}", "Requests that changed something in the API server, by verb and kind.");
        _reconciles = _meter.CreateCounter<long>("frontier.operator.reconciles", "{reconcile}", "Clusters looked at, by result.");
        _watchEnds = _meter.CreateCounter<long>("frontier.operator.watch.ends", "{watch}", "Watches that ended, by kind and reason.");
        // Most need no request at all and take less than a millisecond; a first one makes a dozen requests.
        _duration = _meter.CreateHistogram("frontier.operator.reconcile.duration", "s", "How long looking at a cluster took.", null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30] });
        _meter.CreateObservableGauge("frontier.operator.leading", () => Volatile.Read(ref _leading), "{process}", "1 in the process that leads.");
    }

    /// <summary>Counts a write that succeeded.</summary>
    public void Written(string verb, string kind) =>
        _writes.Add(1, new KeyValuePair<string, object?>("verb", verb), new KeyValuePair<string, object?>("kind", kind));

    /// <summary>Counts a look at a cluster.</summary>
    /// <param name="result">How it went.</param>
    /// <param name="duration">How long it took.</param>
    public void Reconciled(string result, TimeSpan duration)
    {
        _reconciles.Add(1, new KeyValuePair<string, object?>("result", result));
        _duration.Record(duration.TotalSeconds);
    }

    /// <summary>Counts the end of a watch.</summary>
    public void WatchEnded(string kind, string reason) =>
        _watchEnds.Add(1, new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("reason", reason));

    /// <summary>Sets whether this process leads.</summary>
    public void Leading(bool leading) => Volatile.Write(ref _leading, leading ? 1 : 0);

    /// <summary>Shows how many clusters wait.</summary>
    public void Observe(Func<int> queued) =>
        _meter.CreateObservableGauge("frontier.operator.queue", queued, "{cluster}", "Clusters that wait to be looked at.");

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
