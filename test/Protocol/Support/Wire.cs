using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Frontier.Protocol.Tests.Support;

/// <summary>Frames as bytes, made by hand: what a peer would send.</summary>
internal static class Wire
{
    public static byte[] Frame(FrameType type, ulong packetId, params byte[] body) => Frame((byte)type, packetId, body);

    public static byte[] Frame(byte type, ulong packetId, params byte[] body)
    {
        var frame = new byte[Protocol.Frame.HeaderLength + body.Length];
        frame[0] = Protocol.Frame.Version;
        frame[1] = type;
        BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(2), packetId);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(10), (uint)body.Length);
        body.CopyTo(frame, Protocol.Frame.HeaderLength);
        return frame;
    }

    /// <summary>The body of most frames: an id and JSON.</summary>
    public static byte[] Body(ulong id, string json) => [.. Id(id), .. Encoding.UTF8.GetBytes(json)];

    public static byte[] Id(ulong id)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, id);
        return bytes;
    }

    public static byte[] Conn(ulong packetId, ulong wantedId = 0, string json = "{}", byte flags = 0x18) =>
        Frame(FrameType.Conn, packetId, [flags, 0, .. Body(wantedId, json)]);

    public static byte[] ConnAck(ulong packetId, ulong clientId, string json = "{}", byte code = 0) =>
        Frame(FrameType.ConnAck, packetId, [code, .. Body(clientId, json)]);

    public static byte[] Request(ulong packetId, string method, string payload, ulong session = 1) =>
        Frame(FrameType.Request, packetId, Body(session, $$"""{"key":"{{Base64(method)}}","value":"{{Base64(payload)}}"}"""));

    public static byte[] Response(ulong packetId, string method, string payload, ulong session = 1) =>
        Frame(FrameType.Response, packetId, Body(session, $$"""{"key":"{{Base64(method)}}","value":"{{Base64(payload)}}"}"""));

    public static byte[] Session(ulong packetId, ulong negotiateId, string json = "{}", byte flags = SessionBody.ChooseIdFlag) =>
        Frame(FrameType.Session, packetId, [0, flags, .. Body(negotiateId, json)]);

    public static byte[] SessionAck(ulong packetId, ulong negotiateId, ulong sessionId, string json = "{}") =>
        Frame(FrameType.SessionAck, packetId, [0, 0, .. Id(negotiateId), .. Body(sessionId, json)]);

    public static byte[] Stream(ulong packetId, ulong session, byte[] data) => Frame(FrameType.Stream, packetId, [.. Id(session), .. data]);

    public static byte[] Dismiss(ulong packetId, ulong session) => Frame(FrameType.Dismiss, packetId, Body(session, "{}"));

    public static byte[] DismissAck(ulong packetId, ulong session) => Frame(FrameType.DismissAck, packetId, Body(session, "{}"));

    public static byte[] DisConn(ulong packetId) => Frame(FrameType.DisConn, packetId);

    public static byte[] DisConnAck(ulong packetId) => Frame(FrameType.DisConnAck, packetId, 0, (byte)'{', (byte)'}');

    public static byte[] Cancel(ulong packetId, ulong session = 1) => Frame(FrameType.RequestCancel, packetId, [.. Id(session), 0, 1]);

    public static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    /// <summary>Every whole frame at the front of a sequence, and what is left.</summary>
    public static List<ReceivedFrame> ReadAll(FrameCodec codec, ReadOnlySequence<byte> input, out ReadOnlySequence<byte> rest)
    {
        var frames = new List<ReceivedFrame>();
        SequencePosition consumed = default, examined = default;
        while (codec.TryParseMessage(input, ref consumed, ref examined, out var frame))
        {
            frames.Add(new ReceivedFrame(frame.Type, frame.PacketId, frame.Body.ToArray()));
            input = input.Slice(consumed);
        }

        rest = input;
        return frames;
    }
}

/// <summary>A frame that has been read, with its own copy of the body.</summary>
internal sealed record ReceivedFrame(FrameType Type, ulong PacketId, byte[] Body)
{
    public ulong SessionId => BinaryPrimitives.ReadUInt64BigEndian(Body);

    public string Json => Encoding.UTF8.GetString(Body.AsSpan(Body.AsSpan().IndexOf((byte)'{')));

    public byte[] Bytes => Wire.Frame(Type, PacketId, Body);

    public override string ToString() => $"{Type} {PacketId:x} {Convert.ToHexStringLower(Body.AsSpan(0, Math.Min(Body.Length, 64)))}";
}
