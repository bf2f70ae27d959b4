using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Support;

/// <summary>
/// One frame as it stands on the wire. Encoded and decoded here once more, from the description of the wire and not with the code under test, in
/// exactly the form the Go SDK writes.
/// </summary>
/// <param name="Type">The packet type.</param>
/// <param name="PacketId">The packet id.</param>
/// <param name="Body">Everything behind the header.</param>
internal sealed record GoFrame(FrameType Type, ulong PacketId, byte[] Body)
{
    public const int HeaderLength = 14;

    /// <summary>The session every connection has.</summary>
    public const ulong Root = 1;

    /// <summary>Go's zero time.</summary>
    public const string ZeroTime = "0001-01-01T00:00:00Z";

    /// <summary>The whole frame.</summary>
    public byte[] Bytes => Encode((byte)Type, PacketId, Body);

    /// <summary>The session id, for the types whose body begins with one.</summary>
    public ulong SessionId => ReadId(0);

    /// <summary>Session: the opener's number. SessionAck: the same, echoed.</summary>
    public ulong NegotiateId => ReadId(2);

    /// <summary>SessionAck: the id both sides use from now on.</summary>
    public ulong AgreedSessionId => ReadId(10);

    /// <summary>ConnAck: the id the gateway decided on.</summary>
    public ulong ClientId => ReadId(1);

    /// <summary>ConnAck: whether the peer was let in.</summary>
    public bool IsAccepted => Body[0] == 0;

    /// <summary>The JSON part of the body.</summary>
    public JsonObject Json => JsonNode.Parse(Body.AsSpan(JsonOffset))!.AsObject();

    /// <summary>Member <c>error</c>; empty when there is none.</summary>
    public string Error => Text("error");

    /// <summary>Member <c>key</c>: the method's name.</summary>
    public string Method => Encoding.UTF8.GetString(Bytes64("key"));

    /// <summary>Member <c>value</c>: the payload.</summary>
    public byte[] Payload => Bytes64("value");

    /// <summary>Member <c>custom</c>.</summary>
    public byte[] Custom => Bytes64("custom");

    /// <summary>Where the JSON begins in the body of this type.</summary>
    public int JsonOffset => Type switch
    {
        FrameType.Conn or FrameType.Session => 10,
        FrameType.ConnAck => 9,
        FrameType.SessionAck => 18,
        FrameType.DisConnAck => 1,
        _ => 8,
    };

    /// <summary>A whole frame of any content.</summary>
    public static byte[] Encode(byte type, ulong packetId, ReadOnlySpan<byte> body, byte version = 1, uint? length = null)
    {
        var frame = new byte[HeaderLength + body.Length];
        frame[0] = version;
        frame[1] = type;
        BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(2), packetId);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(10), length ?? (uint)body.Length);
        body.CopyTo(frame.AsSpan(HeaderLength));
        return frame;
    }

    /// <summary>Conn: what a Go client sends first.</summary>
    /// <param name="packetId">The packet id.</param>
    /// <param name="meta">The application's metadata.</param>
    /// <param name="wantedId">The id the client would like; 0 for none.</param>
    /// <param name="heartbeatCode">The heartbeat interval is 5·4^code seconds; Go clients send 1.</param>
    public static GoFrame Conn(ulong packetId, ReadOnlySpan<byte> meta = default, ulong wantedId = 0, byte heartbeatCode = 1) => new(
        FrameType.Conn,
        packetId,
        [(byte)(0x08 | (heartbeatCode << 4)), 0, .. Id(wantedId), .. Object(("meta", Quoted(meta)))]);

    /// <summary>Register.</summary>
    public static GoFrame Register(ulong packetId, string method, ulong sessionId = Root) =>
        new(FrameType.Register, packetId, [.. Id(sessionId), .. Encoding.UTF8.GetBytes(method)]);

    /// <summary>Session: what a Go client sends to open a stream.</summary>
    public static GoFrame Session(ulong packetId, ulong negotiateId, string peer, ReadOnlySpan<byte> meta = default) => new(
        FrameType.Session,
        packetId,
        [0, 0x10, .. Id(negotiateId), .. Object(("meta", Quoted(meta)), ("peer", peer.Length == 0 ? "" : $"\"{peer}\""))]);

    /// <summary>SessionAck: how a Go client agrees to a stream that the gateway asks for.</summary>
    public static GoFrame SessionAck(ulong packetId, ulong negotiateId) =>
        new(FrameType.SessionAck, packetId, [0, 0, .. Id(negotiateId), .. Id(negotiateId), .. "{}"u8]);

    /// <summary>Dismiss, DismissAck, RegisterAck: a session and nothing to say about it.</summary>
    public static GoFrame OfSession(FrameType type, ulong packetId, ulong sessionId) => new(type, packetId, [.. Id(sessionId), .. "{}"u8]);

    /// <summary>DisConn, Heartbeat: nothing at all.</summary>
    public static GoFrame Empty(FrameType type, ulong packetId) => new(type, packetId, []);

    /// <summary>DisConnAck.</summary>
    public static GoFrame DisConnAck(ulong packetId) => new(FrameType.DisConnAck, packetId, "\0{}"u8.ToArray());

    /// <summary>Raw bytes of a session.</summary>
    public static GoFrame Stream(ulong packetId, ulong sessionId, ReadOnlySpan<byte> bytes) => new(FrameType.Stream, packetId, [.. Id(sessionId), .. bytes]);

    /// <summary>Request, Response, Message or MessageAck, with the members a Go client writes, in its order.</summary>
    public static GoFrame Data(
        FrameType type,
        ulong packetId,
        ulong sessionId = Root,
        string method = "",
        ReadOnlySpan<byte> payload = default,
        string topic = "",
        ReadOnlySpan<byte> custom = default,
        string error = "",
        string deadline = ZeroTime,
        string contextDeadline = ZeroTime) => new(
        type,
        packetId,
        [
            .. Id(sessionId),
            .. Object(
                ("key", Quoted(Encoding.UTF8.GetBytes(method))),
                ("value", Quoted(payload)),
                ("topic", topic.Length == 0 ? "" : $"\"{topic}\""),
                ("custom", Quoted(custom)),
                ("error", error.Length == 0 ? "" : $"\"{error}\""),
                ("deadline", $"\"{deadline}\""),
                ("context", $"{{\"deadline\":\"{contextDeadline}\"}}")),
        ]);

    /// <summary>A time as Go writes it: no trailing zeros in the fraction.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The 8 bytes of an id.</summary>
    public static byte[] Id(ulong id)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, id);
        return bytes;
    }

    public override string ToString() => $"{Type} {PacketId:x16} {Encoding.Latin1.GetString(Body.AsSpan(0, Math.Min(Body.Length, 400)))}";

    // Go leaves out empty members.
    private static byte[] Object(params ReadOnlySpan<(string Name, string Json)> members)
    {
        var json = new StringBuilder("{");
        foreach (var (name, value) in members)
        {
            if (value.Length > 0)
            {
                json.Append(json.Length > 1 ? "," : "").Append('"').Append(name).Append("\":").Append(value);
            }
        }

        return Encoding.UTF8.GetBytes(json.Append('}').ToString());
    }

    private static string Quoted(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? "" : $"\"{Convert.ToBase64String(bytes)}\"";

    private ulong ReadId(int offset) => BinaryPrimitives.ReadUInt64BigEndian(Body.AsSpan(offset));

    private string Text(string member) => (string?)Json[member] ?? "";

    private byte[] Bytes64(string member) => Convert.FromBase64String(Text(member));
}
