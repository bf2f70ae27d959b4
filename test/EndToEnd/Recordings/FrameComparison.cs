using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Frontier.EndToEnd.Tests.Support;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Recordings;

/// <summary>Whether a frame that came is the one that was recorded, up to the ids, addresses and times that must differ.</summary>
/// <param name="names">What stands for what.</param>
/// <param name="streams">The scenario's streams.</param>
/// <param name="serviceIds">The ids of the scenario's services, by connection.</param>
/// <param name="edges">The addresses of the scenario's edges.</param>
internal sealed class FrameComparison(
    Correspondence names,
    IReadOnlyList<(StreamEnd Opener, StreamEnd Acceptor)> streams,
    IReadOnlyDictionary<int, ulong> serviceIds,
    Func<IEnumerable<IPEndPoint>> edges)
{
    /// <summary>The recorded ids of edges, by connection.</summary>
    public required IReadOnlyDictionary<int, ulong> EdgeIds { get; init; }

    /// <summary>The names of services, by connection.</summary>
    public required IReadOnlyDictionary<int, string> ServiceNames { get; init; }

    /// <summary>Gives what is different, or null; and when nothing is, learns the ids that the frame brings.</summary>
    public string? Accept(ReplayStep step, GoFrame live)
    {
        var recorded = step.Frame!;
        var difference = recorded.Type switch
        {
            FrameType.ConnAck => CompareConnAck(step, live),
            FrameType.Session => CompareSession(step, live),
            FrameType.SessionAck => CompareSessionAck(step, live),
            FrameType.Message or FrameType.MessageAck or FrameType.Request or FrameType.Response => CompareData(step, live),
            FrameType.Dismiss or FrameType.DismissAck or FrameType.RegisterAck => CompareSessionId(step, live) ?? CompareJson(ExpectedJson(step), live.Json),
            FrameType.Stream => CompareSessionId(step, live) ?? CompareBytes(recorded.Body.AsSpan(8), live.Body.AsSpan(8)),
            _ => CompareBytes(recorded.Body, live.Body),
        };
        if (difference is null && !IsAnswer(recorded.Type))
        {
            names.BindPacket(step.Connection, recorded.PacketId, live.PacketId);
        }

        return difference;
    }

    /// <summary>Whether frames of a type carry the packet id of what they answer.</summary>
    public static bool IsAnswer(FrameType type) => type is FrameType.ConnAck or FrameType.DisConnAck or FrameType.HeartbeatAck or FrameType.SessionAck
        or FrameType.DismissAck or FrameType.MessageAck or FrameType.Response or FrameType.RegisterAck;

    private static JsonObject ExpectedJson(ReplayStep step)
    {
        var expected = step.Frame!.Json;
        if (step.ExpectedError is { } error)
        {
            expected["error"] = error;
        }

        return expected;
    }

    private static string? CompareJson(JsonNode expected, JsonNode live) =>
        JsonNode.DeepEquals(expected, live) ? null : $"expected {expected.ToJsonString()}, got {live.ToJsonString()}";

    private static string? CompareBytes(ReadOnlySpan<byte> recorded, ReadOnlySpan<byte> live) =>
        recorded.SequenceEqual(live) ? null : $"expected bytes {Convert.ToHexString(recorded)}, got {Convert.ToHexString(live)}";

    private string? CompareConnAck(ReplayStep step, GoFrame live)
    {
        var recorded = step.Frame!;
        if (live.IsAccepted != recorded.IsAccepted)
        {
            return $"expected {(recorded.IsAccepted ? "to be let in" : "to be refused")}, got {live}";
        }

        if (CompareJson(recorded.Json, live.Json) is { } difference)
        {
            return difference;
        }

        if (step.Side == PeerSide.Service)
        {
            return live.ClientId == 0 ? "expected a service id, got 0" : null;
        }

        if (!names.MayBeEdge(recorded.ClientId, live.ClientId))
        {
            return $"expected the edge id that stands for {recorded.ClientId}, got {live.ClientId}";
        }

        names.BindEdge(recorded.ClientId, live.ClientId);
        return null;
    }

    // The original passes on neither who opens a stream nor what it said about it: here the acceptor learns both.
    private string? CompareSession(ReplayStep step, GoFrame live)
    {
        var recorded = step.Frame!;
        var expected = recorded.Json;
        var opener = streams.Single(stream => stream.Acceptor.Session == step).Opener.Session;
        if (opener.Frame!.Json["meta"] is { } meta)
        {
            expected["meta"] = meta.DeepClone();
        }

        if (opener.Side == PeerSide.Edge)
        {
            expected["peer"] = names.Edge(EdgeIds[opener.Connection]).ToString(CultureInfo.InvariantCulture);
        }
        else
        {
            expected["peer"] = ServiceNames[opener.Connection];
            expected["peerId"] = serviceIds[opener.Connection];
        }

        if (live.Body[0] != recorded.Body[0] || live.Body[1] != recorded.Body[1])
        {
            return $"expected flags {recorded.Body[0]:x2}{recorded.Body[1]:x2}, got {live.Body[0]:x2}{live.Body[1]:x2}";
        }

        if (live.NegotiateId is 0 or GoFrame.Root || live.NegotiateId % 2 != 0)
        {
            return $"expected an even number that is free, got {live.NegotiateId}";
        }

        if (CompareJson(expected, live.Json) is { } difference)
        {
            return difference;
        }

        names.BindSession(step.Connection, recorded.NegotiateId, live.NegotiateId);
        return null;
    }

    // The original gives the stream an id of its own, under which its clients lose what comes right after: here the opener's number stays.
    private string? CompareSessionAck(ReplayStep step, GoFrame live)
    {
        var recorded = step.Frame!;
        if (live.NegotiateId != recorded.NegotiateId || live.AgreedSessionId != recorded.NegotiateId)
        {
            return $"expected session {recorded.NegotiateId:x} twice, got {live.NegotiateId:x} and {live.AgreedSessionId:x}";
        }

        if (CompareJson(ExpectedJson(step), live.Json) is { } difference)
        {
            return difference;
        }

        names.BindSession(step.Connection, recorded.AgreedSessionId, live.AgreedSessionId);
        return null;
    }

    private string? CompareSessionId(ReplayStep step, GoFrame live)
    {
        var expected = names.Session(step.Connection, step.Frame!.SessionId);
        return live.SessionId == expected ? null : $"expected session {expected:x}, got {live.SessionId:x}";
    }

    private string? CompareData(ReplayStep step, GoFrame live)
    {
        if (CompareSessionId(step, live) is { } difference)
        {
            return difference;
        }

        var recorded = step.Frame!;
        var expected = recorded.Json;
        if (recorded.Custom is { Length: >= sizeof(ulong) } custom)
        {
            expected["custom"] = Convert.ToBase64String(WithEdge(custom));
        }

        var isPresence = recorded is { Type: FrameType.Request, Method: "edge_online" or "edge_offline" };
        if (isPresence)
        {
            expected["value"] = live.Json["value"]?.DeepClone();
        }

        return CompareDeadlines(expected, live.Json)
            ?? CompareJson(expected, live.Json)
            ?? (isPresence ? ComparePresence(recorded.Payload, live.Payload) : null);
    }

    private byte[] WithEdge(byte[] custom)
    {
        var id = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(custom.AsSpan(custom.Length - sizeof(ulong)));
        return names.IsEdge(id) ? [.. custom.AsSpan(0, custom.Length - sizeof(ulong)), .. GoFrame.Id(names.Edge(id))] : custom;
    }

    // The caller's own deadline arrives to the nanosecond; the gateway's is any that is not later than 30 s from now, or than the caller's.
    private string? CompareDeadlines(JsonObject expected, JsonObject live)
    {
        var callers = (string)expected["context"]!["deadline"]!;
        var sent = names.FindTime(callers);
        var got = (string?)live["context"]?["deadline"];
        if (got != sent)
        {
            return $"expected the caller's deadline {sent}, got {got}";
        }

        var gateways = (string?)live["deadline"] ?? "";
        if (((string)expected["deadline"]! == GoFrame.ZeroTime) != (gateways == GoFrame.ZeroTime))
        {
            return $"expected a deadline like {expected["deadline"]}, got {gateways}";
        }

        if (gateways != GoFrame.ZeroTime)
        {
            var time = DateTimeOffset.Parse(gateways, CultureInfo.InvariantCulture);
            var latest = DateTimeOffset.UtcNow + TimeSpan.FromSeconds(30);
            if (time > latest || (sent != GoFrame.ZeroTime && time > DateTimeOffset.Parse(sent!, CultureInfo.InvariantCulture)))
            {
                return $"expected a deadline before {latest} and before the caller's, {sent}, got {gateways}";
            }
        }

        expected["deadline"] = gateways;
        expected["context"]!["deadline"] = got;
        return null;
    }

    private string? ComparePresence(byte[] recordedJson, byte[] liveJson)
    {
        var recorded = JsonNode.Parse(recordedJson)!.AsObject();
        var live = JsonNode.Parse(liveJson)!.AsObject();
        var text = Encoding.UTF8.GetString(liveJson);
        // The epoch is the one member that the original does not have.
        if (!live.Select(member => member.Key).SequenceEqual(recorded.Select(member => member.Key).Append("Epoch")))
        {
            return $"expected the members of {recorded.ToJsonString()} and Epoch, got {text}";
        }

        var (recordedId, liveId) = ((ulong)recorded["EdgeID"]!, (ulong)live["EdgeID"]!);
        var (recordedAddress, liveAddress) = ((string)recorded["Str"]!, (string)live["Str"]!);
        var epoch = (long)live["Epoch"]!;
        if (!names.MayBeEdge(recordedId, liveId) || !names.MayBeAddress(recordedAddress, liveAddress, edges()) || !names.MayBeEpoch(liveAddress, epoch))
        {
            return $"expected what stands for {recorded.ToJsonString()}, got {text}";
        }

        if (!JsonNode.DeepEquals(recorded["Net"], live["Net"]) || !JsonNode.DeepEquals(recorded["Meta"], live["Meta"]))
        {
            return $"expected the meta and network of {recorded.ToJsonString()}, got {text}";
        }

        names.BindEdge(recordedId, liveId);
        names.BindAddress(recordedAddress, liveAddress, epoch);
        return null;
    }
}
