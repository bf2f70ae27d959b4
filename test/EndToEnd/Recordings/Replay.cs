using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Frontier.EndToEnd.Tests.Support;
using Frontier.Protocol;
using Frontier.Vectors;

namespace Frontier.EndToEnd.Tests.Recordings;

/// <summary>
/// Plays the peers of a recording against a running gateway and checks everything that comes back. A peer sends its next frame once everything has
/// come that it had received before, and everything that had happened anywhere up to the end of the recording's last pause; nothing waits for time.
/// </summary>
internal sealed class Replay : IAsyncDisposable
{
    // The recorded programs paused between their steps, for 16 ms and more; within one, no frame was 6 ms behind the one before.
    private const long PauseMicroseconds = 10_000;

    private readonly TestGateway _gateway;
    private readonly List<ReplayStep> _steps;
    private readonly Correspondence _names;
    private readonly FrameComparison _comparison;
    private readonly Dictionary<int, ulong> _serviceIds = [];
    private readonly Dictionary<int, RawPeer> _peers = [];
    private readonly HashSet<ReplayStep> _done = new(ReferenceEqualityComparer.Instance);
    private readonly SemaphoreSlim _arrived = new(0);

    public Replay(TestGateway gateway, RecordedConversation recording)
    {
        _gateway = gateway;
        _steps = IntendedDifferences.Apply(recording);
        _names = new Correspondence(_steps);
        _comparison = new FrameComparison(
            _names,
            [.. IntendedDifferences.StreamEnds(_steps)],
            _serviceIds,
            () => _steps.Where(step => step is { Side: PeerSide.Edge, Kind: StepKind.Open } && _done.Contains(step)).Select(step => _peers[step.Connection].LocalEndPoint))
        {
            EdgeIds = _steps.Where(step => step is { Side: PeerSide.Edge, Frame.Type: FrameType.ConnAck }).ToDictionary(step => step.Connection, step => step.Frame!.ClientId),
            ServiceNames = _steps.Where(step => step is { Side: PeerSide.Service, Frame.Type: FrameType.Conn })
                .ToDictionary(step => step.Connection, step => (string?)JsonNode.Parse(Convert.FromBase64String((string)step.Frame!.Json["meta"]!))!["service"] ?? ""),
        };
    }

    /// <summary>Plays it to the end.</summary>
    public async Task RunAsync()
    {
        while (_done.Count < _steps.Count)
        {
            if (!await AdvanceAsync() && !await _arrived.WaitAsync(Eventually.Deadline))
            {
                Assert.Fail(DescribeStandstill());
            }
        }

        foreach (var (connection, peer) in _peers)
        {
            Assert.That(peer.Inbox, Is.Empty, $"connection {connection} got what was never recorded");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var peer in _peers.Values)
        {
            await peer.DisposeAsync();
        }

        _arrived.Dispose();
    }

    // Takes every step that can be taken; false when there is none.
    private async Task<bool> AdvanceAsync()
    {
        var advanced = false;
        foreach (var connection in _steps.Select(step => step.Connection).Distinct())
        {
            while (NextOf(connection) is { } step && (step.Kind is StepKind.Receive or StepKind.Ended || IsDue(step)) && await TryTakeAsync(step))
            {
                _done.Add(step);
                advanced = true;
            }
        }

        return advanced;
    }

    private ReplayStep? NextOf(int connection) => _steps.Find(step => step.Connection == connection && !_done.Contains(step));

    // Whether everything is over that came before the last pause, and what ended the pause.
    private bool IsDue(ReplayStep step)
    {
        if (step.After is { } other && !_done.Contains(other))
        {
            return false;
        }

        var at = _steps.IndexOf(step);
        while (at > 0 && _steps[at].Microseconds - _steps[at - 1].Microseconds < PauseMicroseconds)
        {
            at--;
        }

        return _steps.Take(at).All(_done.Contains) && (ReferenceEquals(_steps[at], step) || _done.Contains(_steps[at]));
    }

    private async Task<bool> TryTakeAsync(ReplayStep step)
    {
        switch (step.Kind)
        {
            case StepKind.Open:
                _peers[step.Connection] = await RawPeer.ConnectAsync(_gateway.PortOf(step.Side), () => _arrived.Release());
                return true;
            case StepKind.Send:
                await _peers[step.Connection].SendAsync(ToSend(step));
                return true;
            case StepKind.Receive:
                return TryReceive(step);
            case StepKind.Close:
                _peers[step.Connection].EndSending();
                return true;
            default:
                return _peers[step.Connection].IsEnded;
        }
    }

    private bool TryReceive(ReplayStep step)
    {
        var recorded = step.Frame!;
        var frame = _peers[step.Connection].TryTake(live =>
            live.Type == recorded.Type
            && (!FrameComparison.IsAnswer(recorded.Type) || live.PacketId == recorded.PacketId)
            && _comparison.Accept(step, live) is null);
        if (frame is { Type: FrameType.ConnAck } && step.Side == PeerSide.Service)
        {
            _serviceIds[step.Connection] = frame.ClientId;
        }

        return frame is not null;
    }

    // The recorded frame with the ids and times of this run; everything else stays byte for byte.
    private GoFrame ToSend(ReplayStep step)
    {
        var frame = step.Frame!;
        var packetId = FrameComparison.IsAnswer(frame.Type) ? _names.Packet(step.Connection, frame.PacketId) : frame.PacketId;
        var body = (byte[])frame.Body.Clone();
        switch (frame.Type)
        {
            case FrameType.SessionAck:
                BinaryPrimitives.WriteUInt64BigEndian(body.AsSpan(2), _names.Session(step.Connection, frame.NegotiateId));
                BinaryPrimitives.WriteUInt64BigEndian(body.AsSpan(10), _names.Session(step.Connection, frame.AgreedSessionId));
                break;
            case FrameType.Session:
                body = [.. body.AsSpan(0, frame.JsonOffset), .. Encoding.UTF8.GetBytes(RewriteSession(frame))];
                break;
            case FrameType.Dismiss or FrameType.DismissAck or FrameType.Register or FrameType.RegisterAck or FrameType.Stream:
                BinaryPrimitives.WriteUInt64BigEndian(body, _names.Session(step.Connection, frame.SessionId));
                break;
            case FrameType.Message or FrameType.MessageAck or FrameType.Request or FrameType.Response:
                body = [.. GoFrame.Id(_names.Session(step.Connection, frame.SessionId)), .. Encoding.UTF8.GetBytes(RewriteData(step))];
                break;
        }

        return new GoFrame(frame.Type, packetId, body);
    }

    private string RewriteSession(GoFrame frame)
    {
        var json = Encoding.UTF8.GetString(frame.Body.AsSpan(frame.JsonOffset));
        return (string?)frame.Json["peer"] is { } peer && ulong.TryParse(peer, out var edgeId)
            ? json.Replace($"\"peer\":\"{peer}\"", $"\"peer\":\"{_names.Edge(edgeId)}\"", StringComparison.Ordinal)
            : json;
    }

    private string RewriteData(ReplayStep step)
    {
        var frame = step.Frame!;
        var json = Encoding.UTF8.GetString(frame.Body.AsSpan(frame.JsonOffset));
        foreach (var time in new[] { (string)frame.Json["deadline"]!, (string)frame.Json["context"]!["deadline"]! })
        {
            json = json.Replace($"\"{time}\"", $"\"{_names.Time(time, step.Microseconds)}\"", StringComparison.Ordinal);
        }

        if (step.Side == PeerSide.Service && frame.Custom is { Length: >= sizeof(ulong) } custom)
        {
            var kept = custom.AsSpan(0, custom.Length - sizeof(ulong));
            var edgeId = _names.Edge(BinaryPrimitives.ReadUInt64BigEndian(custom.AsSpan(kept.Length)));
            json = json.Replace(
                $"\"custom\":\"{Convert.ToBase64String(custom)}\"",
                $"\"custom\":\"{Convert.ToBase64String([.. kept, .. GoFrame.Id(edgeId)])}\"",
                StringComparison.Ordinal);
        }

        return json;
    }

    private string DescribeStandstill()
    {
        var text = new StringBuilder("The replay stands still.\n");
        foreach (var connection in _peers.Keys)
        {
            if (NextOf(connection) is not { } step)
            {
                continue;
            }

            text.AppendLine($"Awaited: {step}");
            foreach (var frame in _peers[connection].Inbox)
            {
                var difference = step is { Kind: StepKind.Receive } && frame.Type == step.Frame!.Type ? _comparison.Accept(step, frame) : null;
                text.AppendLine($"  there is: {frame} {difference}");
            }

            text.AppendLine(_peers[connection].IsEnded ? "  and the gateway has ended the connection" : "");
        }

        return text.ToString();
    }
}
