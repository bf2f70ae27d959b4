using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Frontier.EndToEnd.Tests.Support;

/// <summary>
/// The meters of some hosts of this process, told from those of others by their factory: an exporter takes two meters of one name for one and the same.
/// </summary>
internal sealed class GatewayMeters : IDisposable
{
    private readonly ConcurrentDictionary<string, double> _counted = [];
    private readonly ConcurrentDictionary<string, double> _observed = [];
    private readonly MeterListener _listener = new();

    public GatewayMeters(params IMeterFactory[] factories)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (factories.Contains(instrument.Meter.Scope))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(Record);
        _listener.Start();
    }

    /// <summary>The sums now, in Prometheus form.</summary>
    public MetricsPage Read()
    {
        lock (_observed)
        {
            _observed.Clear();
            _listener.RecordObservableInstruments();
            var page = new StringBuilder();
            foreach (var (sample, value) in _counted.Concat(_observed))
            {
                page.Append(CultureInfo.InvariantCulture, $"{sample} {value}\n");
            }

            return new MetricsPage(page.ToString());
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var name = instrument.Name.Replace('.', '_') + (instrument.Unit == "By" ? "_bytes" : "") + (instrument is Counter<long> or ObservableCounter<long> ? "_total" : "");
        var labels = string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}=\"{tag.Value}\""));
        (instrument.IsObservable ? _observed : _counted).AddOrUpdate($"{name}{{{labels}}}", value, (_, sum) => sum + value);
    }
}
