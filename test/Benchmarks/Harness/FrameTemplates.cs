using System.Buffers.Binary;
using System.Text;
using Frontier.Protocol;

namespace Frontier.Benchmarks;

/// <summary>Frames as peers write them, encoded once; the packet id is stamped in when they are sent.</summary>
internal static class FrameTemplates
{
    // Far off, with all of Go's digits: the gateway's own limit is then the earlier one, as it is for most callers.
    private static readonly GoTime CallerDeadline =
        GoTime.TryParse("2199-11-23T01:39:17.204216246Z"u8, out var time) ? time : throw new FormatException();

    /// <summary>A frame of a type with this body.</summary>
    public static byte[] Frame(FrameType type, ReadOnlySpan<byte> body)
    {
        var frame = new byte[Protocol.Frame.HeaderLength + body.Length];
        frame[0] = Protocol.Frame.Version;
        frame[1] = (byte)type;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(10), (uint)body.Length);
        body.CopyTo(frame.AsSpan(Protocol.Frame.HeaderLength));
        return frame;
    }

    /// <summary>A login that asks for a heartbeat of 320 s, so that no benchmark is taken for a silent peer.</summary>
    public static byte[] Conn(string meta)
    {
        var conn = new ConnBody { Flags = ConnBody.ClientIdAcquireFlag | 0x30, Meta = Base64Text.Encode(Encoding.UTF8.GetBytes(meta)) };
        var body = new byte[conn.GetConnLength()];
        conn.WriteConn(body);
        return Frame(FrameType.Conn, body);
    }

    /// <summary>A call of a method.</summary>
    public static byte[] Request(string method, byte[] payload, byte[] custom) => Frame(FrameType.Request, Encode(new MessageBody
    {
        SessionId = GeminioConnection.RootSessionId,
        Key = Base64Text.Encode(Encoding.UTF8.GetBytes(method)),
        Value = Base64Text.Encode(payload),
        Custom = Base64Text.Encode(custom),
        ContextDeadline = CallerDeadline,
    }));

    /// <summary>The answer to a call.</summary>
    public static byte[] Response(string method, byte[] payload) => Frame(FrameType.Response, Encode(new MessageBody
    {
        SessionId = GeminioConnection.RootSessionId,
        Key = Base64Text.Encode(Encoding.UTF8.GetBytes(method)),
        Value = Base64Text.Encode(payload),
    }));

    /// <summary>A message to a topic.</summary>
    public static byte[] Message(string topic, byte[] payload) => Frame(FrameType.Message, Encode(new MessageBody
    {
        SessionId = GeminioConnection.RootSessionId,
        Value = Base64Text.Encode(payload),
        Topic = JsonText.Escape(topic),
    }));

    /// <summary>That a message was taken.</summary>
    public static byte[] MessageAck() =>
        Frame(FrameType.MessageAck, Encode(new MessageBody { SessionId = GeminioConnection.RootSessionId }));

    /// <summary>Announces a method.</summary>
    public static byte[] Register(string method) => Frame(FrameType.Register, [.. Id(GeminioConnection.RootSessionId), .. Encoding.UTF8.GetBytes(method)]);

    /// <summary>Opens a stream to a service.</summary>
    public static byte[] Session(ulong negotiateId, string peer)
    {
        var open = new SessionBody { Flags = SessionBody.ChooseIdFlag, NegotiateId = negotiateId, Peer = JsonText.Escape(peer) };
        var body = new byte[open.GetSessionLength()];
        open.WriteSession(body);
        return Frame(FrameType.Session, body);
    }

    /// <summary>Agrees to a stream.</summary>
    public static byte[] SessionAck(ulong sessionId)
    {
        var ack = new SessionBody { NegotiateId = sessionId, SessionId = sessionId };
        var body = new byte[ack.GetSessionAckLength()];
        ack.WriteSessionAck(body);
        return Frame(FrameType.SessionAck, body);
    }

    /// <summary>Bytes of a stream.</summary>
    public static byte[] Stream(ulong sessionId, byte[] data) => Frame(FrameType.Stream, [.. Id(sessionId), .. data]);

    /// <summary>An id as it stands on the wire.</summary>
    public static byte[] Id(ulong id)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, id);
        return bytes;
    }

    private static byte[] Encode(MessageBody body)
    {
        var bytes = new byte[body.GetLength()];
        body.Write(bytes);
        return bytes;
    }
}
