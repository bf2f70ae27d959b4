using System.Buffers;
using System.Globalization;
using System.Text;
using Frontier.Protocol;

namespace Frontier.Fuzz;

/// <summary>
/// The codec and the body parsers on arbitrary bytes: nothing but a protocol violation may come out, and whatever is accepted means the same
/// after it has been written and read again.
/// </summary>
public static class BodyTarget
{
    public const int MaxFrameBytes = 256 * 1024;

    private static readonly FrameCodec Codec = new(MaxFrameBytes);

    public static void Run(ReadOnlySpan<byte> data)
    {
        try
        {
            var input = new ReadOnlySequence<byte>(data.ToArray());
            SequencePosition consumed = default, examined = default;
            while (Codec.TryParseMessage(input, ref consumed, ref examined, out var frame))
            {
                CheckFrame(frame);
                try
                {
                    CheckBody(frame.Type, frame.Body.ToArray());
                }
                catch (ProtocolViolationException)
                {
                    // One bad body does not keep the next frame from being looked at.
                }

                input = input.Slice(consumed);
            }
        }
        catch (ProtocolViolationException)
        {
            // What the bytes are supposed to end in.
        }
    }

    /// <summary>Reads a body, writes it, reads what was written, and compares.</summary>
    public static void CheckBody(FrameType type, ReadOnlySpan<byte> body)
    {
        if (!TryRewrite(type, body, out var written))
        {
            return;
        }

        var meaning = Describe(type, body);
        var again = Describe(type, written);
        if (meaning != again)
        {
            throw new FuzzFailureException($"{type} changed when written:\n{meaning}\n{again}");
        }

        if (!TryRewrite(type, written, out var rewritten) || !written.AsSpan().SequenceEqual(rewritten))
        {
            throw new FuzzFailureException($"{type} is written differently the second time");
        }

        if (type is FrameType.Message or FrameType.MessageAck or FrameType.Request or FrameType.Response)
        {
            CheckTranslation(written);
        }
    }

    // There and back again nothing is lost: at once for binary bodies, and for text after what has no place there is gone (offsets of times, halves of
    // characters, unused bits of base64).
    private static void CheckTranslation(byte[] body)
    {
        const PeerFeatures Text = PeerFeatures.ErrorCodes;
        const PeerFeatures Binary = PeerFeatures.BinaryBodies | PeerFeatures.ErrorCodes;
        var binary = Write(MessageBody.Parse(body), Binary);
        var text = Write(MessageBody.Parse(binary), Text);
        var again = Write(MessageBody.Parse(text), Binary);
        if (!binary.AsSpan().SequenceEqual(again))
        {
            throw new FuzzFailureException($"a body changed when it was translated:\n{Convert.ToHexString(binary)}\n{Convert.ToHexString(again)}");
        }
    }

    private static byte[] Write(in MessageBody message, PeerFeatures receiver)
    {
        var written = new byte[message.GetLength(receiver)];
        message.Write(written, receiver);
        return written;
    }

    /// <summary>Reads a body and writes it again; false for types whose body is not JSON.</summary>
    public static bool TryRewrite(FrameType type, ReadOnlySpan<byte> body, out byte[] written)
    {
        switch (type)
        {
            case FrameType.Conn:
                var conn = ConnBody.ParseConn(body);
                written = new byte[conn.GetConnLength()];
                conn.WriteConn(written);
                return true;
            case FrameType.ConnAck:
                var connAck = ConnBody.ParseConnAck(body);
                written = new byte[connAck.GetConnAckLength()];
                connAck.WriteConnAck(written);
                return true;
            case FrameType.Session:
                var session = SessionBody.ParseSession(body);
                written = new byte[session.GetSessionLength()];
                session.WriteSession(written);
                return true;
            case FrameType.SessionAck:
                var sessionAck = SessionBody.ParseSessionAck(body);
                written = new byte[sessionAck.GetSessionAckLength()];
                sessionAck.WriteSessionAck(written);
                return true;
            case FrameType.Dismiss or FrameType.DismissAck or FrameType.RegisterAck:
                var dismiss = SessionBody.ParseDismiss(body);
                written = new byte[dismiss.GetDismissLength()];
                dismiss.WriteDismiss(written);
                return true;
            case FrameType.Message or FrameType.MessageAck or FrameType.Request or FrameType.Response:
                var message = MessageBody.Parse(body);
                written = Write(message, message.OwnForm);
                return true;
            default:
                written = [];
                return false;
        }
    }

    // What a body says, in a form that does not depend on how it was written.
    private static string Describe(FrameType type, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case FrameType.Conn or FrameType.ConnAck:
                var conn = type == FrameType.Conn ? ConnBody.ParseConn(body) : ConnBody.ParseConnAck(body);
                return Join(
                    conn.Features == PeerFeatures.None ? conn.Flags : conn.Flags | ConnBody.ExtendedFlag, // Writing features sets the flag.
                    conn.Accepted, conn.ClientId, Text(conn.Meta), Text(conn.Error, conn.ErrorEscaped), conn.Features, conn.ErrorCode ?? -1, Text(conn.MoveToken));
            case FrameType.Session or FrameType.SessionAck or FrameType.Dismiss or FrameType.DismissAck or FrameType.RegisterAck:
                var session = type switch
                {
                    FrameType.Session => SessionBody.ParseSession(body),
                    FrameType.SessionAck => SessionBody.ParseSessionAck(body),
                    _ => SessionBody.ParseDismiss(body),
                };
                return Join(
                    session.Flags, session.NegotiateId, session.SessionId, session.PeerId, Text(session.Meta),
                    Text(session.Error, session.ErrorEscaped), session.ErrorCode ?? -1, Text(session.Peer, session.PeerEscaped));
            default:
                var message = MessageBody.Parse(body);
                return Join(
                    message.SessionId, message.IsBinary, Convert.ToHexString(message.DecodeKey()), Convert.ToHexString(message.DecodeValue()), // Accepted base64 can be decoded, always.
                    Convert.ToHexString(message.DecodeCustom()), Text(message.Topic, message.TopicEscaped),
                    Text(message.Error, message.ErrorEscaped), message.ErrorCode ?? -1, message.Timeout, Time(message.Deadline), Time(message.ContextDeadline),
                    message.Edge, message.Service);
        }
    }

    private static void CheckFrame(Frame frame)
    {
        var output = new ArrayBufferWriter<byte>();
        Codec.WriteMessage(frame, output);
        SequencePosition consumed = default, examined = default;
        var written = new ReadOnlySequence<byte>(output.WrittenMemory);
        if (!Codec.TryParseMessage(written, ref consumed, ref examined, out var again) || again.Type != frame.Type || again.PacketId != frame.PacketId
            || !again.Body.ToArray().AsSpan().SequenceEqual(frame.Body.ToArray()))
        {
            throw new FuzzFailureException($"{frame.Type} changed when its frame was written");
        }
    }

    private static string Join(params object[] parts) => string.Join('|', parts.Select(part => Convert.ToString(part, CultureInfo.InvariantCulture)));

    private static string Text(ReadOnlySpan<byte> base64) => Encoding.ASCII.GetString(base64);

    private static string Text(ReadOnlySpan<byte> raw, bool escaped)
    {
        try
        {
            return JsonText.Decode(raw, escaped);
        }
        catch (ProtocolViolationException)
        {
            return "escapes that are no character: " + Encoding.ASCII.GetString(raw);
        }
    }

    private static string Time(GoTime time)
    {
        Span<byte> text = stackalloc byte[GoTime.MaxLength];
        return Encoding.ASCII.GetString(text[..time.Format(text)]);
    }
}
