using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using Frontier.Protocol;

namespace Frontier.Gateway;

/// <summary>
/// What the gateway counts, under the meter <c>Frontier.Gateway</c>. Labels have few values: no id of an edge or service is ever one.
/// What is counted for every frame goes to striped counters that the meter only reads.
/// </summary>
internal sealed class GatewayMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Frontier.Gateway";

    private static readonly string[] Directions = ["edge_to_service", "service_to_edge"];
    private static readonly string[] Peers = ["edge", "service"];
    private static readonly int Outcomes = Enum.GetValues<Outcome>().Length;
    private static readonly string[] OutcomeNames = [.. Enum.GetNames<Outcome>().Select(SnakeCase)];
    private static readonly string[] ReasonNames = [.. Enum.GetNames<DisconnectReason>().Select(SnakeCase)];

    private static readonly string[] LimitNames = [.. Enum.GetNames<ConnectionLimit>().Select(SnakeCase)];

    private readonly Meter _meter;
    private readonly StripedCounter[,,] _forwarded;
    private readonly StripedCounter[] _framesIn = [new(), new()];
    private readonly StripedCounter[] _bytesIn = [new(), new()];
    private readonly StripedCounter[] _bytesOut = [new(), new()];
    private readonly StripedCounter _ignored = new();
    private readonly StripedCounter _trunkFramesIn = new();
    private readonly StripedCounter _trunkBytesIn = new();
    private readonly StripedCounter _trunkBytesOut = new();
    private readonly long[] _connections = new long[2];
    private readonly Counter<long> _accepted;
    private readonly Counter<long> _closed;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _redelivered;
    private readonly StripedCounter _copies = new();
    private readonly Histogram<double> _duration;
    private readonly KeyValuePair<string, object?>[] _durationTags;

    public GatewayMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        var kinds = Enum.GetValues<Traffic>().Length;
        _forwarded = new StripedCounter[kinds, Directions.Length, Outcomes];
        foreach (ref var counter in System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref _forwarded[0, 0, 0], _forwarded.Length))
        {
            counter = new StripedCounter();
        }

        _accepted = _meter.CreateCounter<long>("frontier.connections.accepted", "{connection}", "Connections accepted by a listener.");
        _closed = _meter.CreateCounter<long>("frontier.connections.closed", "{connection}", "Connections that ended, by reason.");
        _refused = _meter.CreateCounter<long>("frontier.refusals", "{refusal}", "Connections, logins, streams and registrations turned away, by reason.");
        _redelivered = _meter.CreateCounter<long>(
            "frontier.topic.redeliveries", "{message}", "Messages sent to another service because the first one left before it acknowledged.");
        _meter.CreateObservableCounter("frontier.topic.copies", () => _copies.Value, "{message}", "Copies of messages whose topic has several receivers.");
        _meter.CreateObservableUpDownCounter("frontier.connections", ObserveConnections, "{connection}", "Connections open now.");
        _meter.CreateObservableCounter("frontier.calls", () => ObserveForwarded(Traffic.Call), "{call}", "Calls forwarded, by direction and result.");
        _meter.CreateObservableCounter("frontier.messages", () => ObserveForwarded(Traffic.Message), "{message}", "Messages forwarded, by direction and result.");
        _meter.CreateObservableCounter("frontier.streams", () => ObserveForwarded(Traffic.Stream), "{stream}", "Streams opened, by direction and result.");
        _meter.CreateObservableCounter("frontier.frames.received", () => ObservePeers(_framesIn), "{frame}", "Frames read from peers.");
        _meter.CreateObservableCounter("frontier.bytes.received", () => ObservePeers(_bytesIn), "By", "Bytes read from peers.");
        _meter.CreateObservableCounter("frontier.bytes.sent", () => ObservePeers(_bytesOut), "By", "Bytes written to peers.");
        _meter.CreateObservableCounter("frontier.frames.ignored", () => _ignored.Value, "{frame}", "Frames without a session or a waiting request.");
        _meter.CreateObservableCounter("frontier.trunk.frames.received", () => _trunkFramesIn.Value, "{frame}", "Frames read from other gateways.");
        _meter.CreateObservableCounter("frontier.trunk.bytes.received", () => _trunkBytesIn.Value, "By", "Bytes read from other gateways.");
        _meter.CreateObservableCounter("frontier.trunk.bytes.sent", () => _trunkBytesOut.Value, "By", "Bytes written to other gateways.");
        _duration = _meter.CreateHistogram(
            "frontier.forward.duration",
            "s",
            "From passing a call or message on to its answer.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
            });
        _durationTags = [.. Directions.Select(direction => new KeyValuePair<string, object?>("direction", direction))];
    }

    /// <summary>The label of a reason.</summary>
    public static string NameOf(DisconnectReason reason) => ReasonNames[(int)reason];

    /// <summary>The label of a limit.</summary>
    public static string NameOf(ConnectionLimit limit) => LimitNames[(int)limit];

    public void Accepted(PeerKind peer)
    {
        Interlocked.Increment(ref _connections[(int)peer]);
        _accepted.Add(1, PeerTag(peer));
    }

    public void Closed(PeerKind peer, DisconnectReason reason)
    {
        Interlocked.Decrement(ref _connections[(int)peer]);
        _closed.Add(1, PeerTag(peer), new KeyValuePair<string, object?>("reason", NameOf(reason)));
    }

    /// <summary>A connection, a login, a stream or a registration was turned away.</summary>
    /// <param name="peer">Which listener.</param>
    /// <param name="reason">A fixed word, never a text from outside.</param>
    public void Refused(PeerKind peer, string reason) => _refused.Add(1, PeerTag(peer), new KeyValuePair<string, object?>("reason", reason));

    public void Read(PeerKind peer, long bytes, int frames)
    {
        _bytesIn[(int)peer].Add(bytes);
        _framesIn[(int)peer].Add(frames);
    }

    public void Written(PeerKind peer, long bytes) => _bytesOut[(int)peer].Add(bytes);

    public void TrunkRead(long bytes, int frames)
    {
        _trunkBytesIn.Add(bytes);
        _trunkFramesIn.Add(frames);
    }

    public void TrunkWritten(long bytes) => _trunkBytesOut.Add(bytes);

    public void Ignored(long frames) => _ignored.Add(frames);

    public void Forwarded(Traffic traffic, Direction direction, Outcome outcome) =>
        _forwarded[(int)traffic, (int)direction, (int)outcome].Add();

    public void Answered(Direction direction, long sentAt) =>
        _duration.Record(Stopwatch.GetElapsedTime(sentAt).TotalSeconds, _durationTags[(int)direction]);

    /// <summary>A message goes to another service.</summary>
    public void Redelivered() => _redelivered.Add(1);

    /// <summary>A message goes to several receivers.</summary>
    public void Copied(int receivers) => _copies.Add(receivers);

    /// <summary>Shows what peers have sent of frames that are not complete.</summary>
    public void ObserveUnparsed(Func<long> bytes) =>
        _meter.CreateObservableUpDownCounter("frontier.input.unparsed", bytes, "By", "Bytes of frames that are not complete, of all peers together.");

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> PeerTag(PeerKind peer) => new("peer", Peers[(int)peer]);

    private static string SnakeCase(string name)
    {
        var text = new StringBuilder();
        foreach (var c in name)
        {
            if (char.IsAsciiLetterUpper(c) && text.Length > 0)
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }

    private static IEnumerable<Measurement<long>> ObservePeers(StripedCounter[] counters) =>
        counters.Select((counter, peer) => new Measurement<long>(counter.Value, PeerTag((PeerKind)peer)));

    private IEnumerable<Measurement<long>> ObserveConnections() =>
        _connections.Select((count, peer) => new Measurement<long>(count, PeerTag((PeerKind)peer)));

    private IEnumerable<Measurement<long>> ObserveForwarded(Traffic traffic)
    {
        for (var direction = 0; direction < Directions.Length; direction++)
        {
            for (var outcome = 0; outcome < Outcomes; outcome++)
            {
                yield return new Measurement<long>(
                    _forwarded[(int)traffic, direction, outcome].Value,
                    new KeyValuePair<string, object?>("direction", Directions[direction]),
                    new KeyValuePair<string, object?>("result", OutcomeNames[outcome]));
            }
        }
    }
}
