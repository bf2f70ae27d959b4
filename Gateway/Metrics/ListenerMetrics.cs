using System.Diagnostics.Metrics;

namespace Frontier.Gateway;

/// <summary>
/// What the process counts of its listeners, of whichever role, under the meter <c>Frontier.Listeners</c>. Labels are names of listeners and fixed words.
/// </summary>
internal sealed class ListenerMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _tlsReloads;

    public ListenerMetrics(IMeterFactory meters)
    {
        _meter = meters.Create("Frontier.Listeners");
        _refused = _meter.CreateCounter<long>("frontier.listener.refusals", "{connection}", "Connections cut before anything was read from them, by listener and reason.");
        _tlsReloads = _meter.CreateCounter<long>("frontier.tls.reloads", "{reload}", "Changed certificates, by listener and what became of them.");
    }

    /// <summary>A connection was cut before its protocol began.</summary>
    public void Refused(string listener, string reason) =>
        _refused.Add(1, new KeyValuePair<string, object?>("listener", listener), new KeyValuePair<string, object?>("reason", reason));

    /// <summary>A listener's certificates changed.</summary>
    public void TlsReloaded(string path, string result) =>
        _tlsReloads.Add(1, new KeyValuePair<string, object?>("listener", path), new KeyValuePair<string, object?>("result", result));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
