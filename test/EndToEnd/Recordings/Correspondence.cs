using System.Globalization;
using System.Net;
using Frontier.EndToEnd.Tests.Support;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Recordings;

/// <summary>
/// Which id, address and time of a running replay stands for which of the recording. Each is bound when it is first seen and must be the same from
/// then on.
/// </summary>
internal sealed class Correspondence
{
    // A recorded deadline may be so near that a stall of the machine would pass it before the frame has arrived.
    private static readonly TimeSpan NearDeadline = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan GatewayTimeout = TimeSpan.FromSeconds(30);

    private readonly Dictionary<ulong, ulong> _edges = [];
    private readonly HashSet<ulong> _edgesRecorded;
    private readonly HashSet<ulong> _edgesGiven;
    private readonly Dictionary<(int Connection, ulong Id), ulong> _packets = [];
    private readonly Dictionary<(int Connection, ulong Id), ulong> _sessions = [];
    private readonly Dictionary<string, string> _addresses = [];
    private readonly Dictionary<string, long> _epochs = [];
    private readonly Dictionary<string, string> _times = [];
    private readonly DateTimeOffset? _startedAt;

    public Correspondence(IReadOnlyList<ReplayStep> steps)
    {
        _edgesRecorded = [.. steps.Where(step => step is { Side: PeerSide.Edge, Frame.Type: FrameType.ConnAck }).Select(step => step.Frame!.ClientId)];
        _edgesGiven =
        [
            .. steps.Where(step => step is { Kind: StepKind.Send, Frame: { Type: FrameType.Response, Method: "get_edge_id", Payload.Length: sizeof(ulong) } })
                .Select(step => System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(step.Frame!.Payload)),
        ];

        // The original's forwards carry "now and 30 s" in UTC, which tells what its clock said.
        _startedAt = steps.Where(step => step is { Kind: StepKind.Receive, Frame.Type: FrameType.Request or FrameType.Message })
            .Select(step => (Text: (string)step.Frame!.Json["deadline"]!, step.Microseconds))
            .Where(forward => forward.Text != GoFrame.ZeroTime)
            .Select(forward => (DateTimeOffset?)(Parse(forward.Text) - GatewayTimeout - TimeSpan.FromMicroseconds(forward.Microseconds)))
            .FirstOrDefault();
    }

    /// <summary>Whether a recorded number is the id of an edge.</summary>
    public bool IsEdge(ulong recorded) => _edgesRecorded.Contains(recorded) || _edges.ContainsKey(recorded);

    /// <summary>The edge id that stands for a recorded one; an id that no edge has stays itself.</summary>
    public ulong Edge(ulong recorded) => _edges.GetValueOrDefault(recorded, recorded);

    /// <summary>Whether an edge id may stand for a recorded one.</summary>
    public bool MayBeEdge(ulong recorded, ulong live) => _edgesGiven.Contains(recorded) || recorded == 0
        ? live == recorded // A service chose it, or there is none: it is passed on as it is.
        : _edges.TryGetValue(recorded, out var known) ? known == live : live != 0 && !_edges.ContainsValue(live);

    public void BindEdge(ulong recorded, ulong live) => _edges[recorded] = live;

    /// <summary>The packet id that stands for one the gateway chose.</summary>
    public ulong Packet(int connection, ulong recorded) => _packets.TryGetValue((connection, recorded), out var live)
        ? live
        : throw new InvalidOperationException($"Packet {recorded:x} of connection {connection} is answered but never came.");

    public void BindPacket(int connection, ulong recorded, ulong live) => _packets[(connection, recorded)] = live;

    /// <summary>The session id that stands for a recorded one.</summary>
    public ulong Session(int connection, ulong recorded) => recorded == GoFrame.Root ? recorded : _sessions.GetValueOrDefault((connection, recorded));

    public void BindSession(int connection, ulong recorded, ulong live) => _sessions[(connection, recorded)] = live;

    /// <summary>Whether an address may stand for a recorded one.</summary>
    public bool MayBeAddress(string recorded, string live, IEnumerable<IPEndPoint> edges) => _addresses.TryGetValue(recorded, out var known)
        ? known == live
        : !_addresses.ContainsValue(live) && edges.Any(edge => edge.ToString() == live);

    /// <summary>Whether an epoch fits the address that it is given for: one epoch a session, later sessions larger ones.</summary>
    public bool MayBeEpoch(string liveAddress, long epoch) => _epochs.TryGetValue(liveAddress, out var known)
        ? known == epoch
        : epoch > _epochs.Values.DefaultIfEmpty().Max();

    public void BindAddress(string recorded, string live, long epoch)
    {
        _addresses[recorded] = live;
        _epochs[live] = epoch;
    }

    /// <summary>The time to send for a recorded one: as far away from now as it was then.</summary>
    public string Time(string recorded, long microseconds)
    {
        if (recorded == GoFrame.ZeroTime)
        {
            return recorded;
        }

        if (!_times.TryGetValue(recorded, out var live))
        {
            var remaining = _startedAt is { } start ? Parse(recorded) - start - TimeSpan.FromMicroseconds(microseconds) : GatewayTimeout;
            live = _times[recorded] = GoFrame.Time(DateTimeOffset.UtcNow + (remaining < NearDeadline ? remaining * 2 : remaining));
        }

        return live;
    }

    /// <summary>The time that was sent for a recorded one; null when none was.</summary>
    public string? FindTime(string recorded) => recorded == GoFrame.ZeroTime ? recorded : _times.GetValueOrDefault(recorded);

    private static DateTimeOffset Parse(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture);
}
