using System.Buffers.Binary;

namespace Frontier.Protocol;

/// <summary>
/// The body of Message, MessageAck, Request and Response: <c>sessionId(8)</c> and either the JSON <c>MessageData</c> of the plain protocol (text) or,
/// between ends that agreed on <see cref="PeerFeatures.BinaryBodies"/>, its binary form: the byte <see cref="BinaryFormat"/> and fields. Read, its members
/// are slices of the frame as they stand on the wire: in text base64 and the bytes between quotes, in binary the bytes themselves. A body is written in
/// the form that its receiver reads; where that is the other one, its members are translated straight into the output. Text goes out in the order and
/// form Go writes it.
/// </summary>
public ref partial struct MessageBody
{
    /// <summary>The first byte of a binary body behind the session id. Text begins with a brace or white space.</summary>
    public const byte BinaryFormat = 0x01;

    /// <summary>The session the frame belongs to; 1 is the connection itself.</summary>
    public ulong SessionId;

    /// <summary>Whether the members are plain bytes and UTF-8, not base64 and JSON text.</summary>
    public bool IsBinary;

    /// <summary>Whether <see cref="Key"/> is base64 although the other members are bytes. Never set by reading.</summary>
    public bool KeyIsText;

    /// <summary>The method's name; in text base64. Binary answers leave it out.</summary>
    public ReadOnlySpan<byte> Key;

    /// <summary>The payload; in text base64.</summary>
    public ReadOnlySpan<byte> Value;

    /// <summary>The topic; in text as it stands between the quotes.</summary>
    public ReadOnlySpan<byte> Topic;

    /// <summary>Whether <see cref="Topic"/> has escapes.</summary>
    public bool TopicEscaped;

    /// <summary>The application's bytes beside the payload; in text base64.</summary>
    public ReadOnlySpan<byte> Custom;

    /// <summary>Written right behind <see cref="Custom"/>, in the same form; see <see cref="AppendId"/>. Never set by reading.</summary>
    public ReadOnlySpan<byte> CustomTail;

    /// <summary>The error's text; in text as it stands between the quotes. Empty: no error.</summary>
    public ReadOnlySpan<byte> Error;

    /// <summary>Whether <see cref="Error"/> has escapes.</summary>
    public bool ErrorEscaped;

    /// <summary>The error's stable number; null when its sender did not say. Written only to peers with <see cref="PeerFeatures.ErrorCodes"/>.</summary>
    public int? ErrorCode;

    /// <summary>
    /// How long the sender waits, in nanoseconds from when it sent the frame; 0 when not set. Only between ends that agreed on <see cref="PeerFeatures.RemainingTime"/>.
    /// </summary>
    public long Timeout;

    /// <summary>When the sender gives up; zero when not set.</summary>
    public GoTime Deadline;

    /// <summary>When the sender's context ends; zero when not set.</summary>
    public GoTime ContextDeadline;

    /// <summary>
    /// When the sender stops waiting, on the <see cref="Environment.TickCount64"/> clock in milliseconds; 0 when it did not say. Not on the wire: a connection
    /// makes it of what a peer wrote, by whatever clock, and writes what its own peer reads. Where it is set, <see cref="Deadline"/> is the same by this
    /// side's wall clock, if the sender wrote a time.
    /// </summary>
    public long Due;

    /// <summary>Whether <see cref="Due"/> comes from whoever began the request, and not from a gateway's limit.</summary>
    public bool IsCallersLimit;

    /// <summary>The trace that the sender's work belongs to, a <see cref="TraceField"/>; empty when not said. In binary only: plain peers neither send nor get it.</summary>
    public ReadOnlySpan<byte> Trace;

    /// <summary>
    /// Between gateways only: the edge that the frame is for, or in an answer that brings the frame back, the edge that is not there. 0 when not said.
    /// </summary>
    public ulong Edge;

    /// <summary>Between gateways only: as <see cref="Edge"/>, for a service's id; beside <see cref="Edge"/> the service that the frame comes from.</summary>
    public ulong Service;

    /// <summary>When the caller gives up: the earlier of the two deadlines that are set.</summary>
    public readonly GoTime EffectiveDeadline => GoTime.Earlier(Deadline, ContextDeadline);

    /// <summary>The features of a receiver that reads this body as it stands, error code included.</summary>
    public readonly PeerFeatures OwnForm => IsBinary ? PeerFeatures.BinaryBodies | PeerFeatures.ErrorCodes : PeerFeatures.ErrorCodes;

    /// <summary>The method's name in base64, as an answer to a plain peer repeats it; empty for binary bodies, whose answers have none.</summary>
    public readonly ReadOnlySpan<byte> TextKey => IsBinary ? default : Key;

    /// <summary>Bytes of the method's name.</summary>
    public readonly int KeyLength => DecodedLength(Key);

    /// <summary>Whether a body is binary.</summary>
    public static bool IsBinaryBody(ReadOnlySpan<byte> body) => body.Length > sizeof(ulong) && body[sizeof(ulong)] == BinaryFormat;

    /// <summary>Reads a body in either form. The result refers to <paramref name="body"/>.</summary>
    /// <exception cref="ProtocolViolationException">The body is not what it should be.</exception>
    public static MessageBody Parse(ReadOnlySpan<byte> body)
    {
        if (body.Length < sizeof(ulong))
        {
            ProtocolViolationException.Throw(DisconnectReason.TruncatedBody, $"a message body of {body.Length} bytes");
        }

        var result = default(MessageBody);
        result.SessionId = BinaryPrimitives.ReadUInt64BigEndian(body);
        if (IsBinaryBody(body))
        {
            result.ParseBinary(body[(sizeof(ulong) + 1)..]);
        }
        else
        {
            result.ParseText(body[sizeof(ulong)..]);
        }

        return result;
    }

    /// <summary>
    /// Clears every member that a peer has no say in, in a frame of this type: what only gateways set, what belongs to other types, and numbers of errors
    /// that were not agreed on.
    /// </summary>
    /// <param name="type">Request, Message, Response or MessageAck.</param>
    /// <param name="fromGateway">Whether the frame comes from the gateway that its reader dialed.</param>
    /// <param name="sender">What was agreed on with the sender.</param>
    internal void KeepContractMembers(FrameType type, bool fromGateway, PeerFeatures sender)
    {
        Edge = Service = 0;
        if (type is not (FrameType.Request or FrameType.Message) || (sender & PeerFeatures.RemainingTime) == 0)
        {
            Timeout = 0;
        }

        if (type is FrameType.Request or FrameType.Message)
        {
            Error = default;
            ErrorCode = null;
            if (type == FrameType.Request)
            {
                Topic = default;
            }
            else if (!fromGateway)
            {
                Key = default; // In a message it is the id of one that was stored, which gateways give.
            }

            return;
        }

        Topic = default;
        Trace = default;
        Deadline = ContextDeadline = default;
        if ((sender & PeerFeatures.ErrorCodes) == 0)
        {
            ErrorCode = null;
        }

        if (type == FrameType.MessageAck)
        {
            Key = Value = Custom = default; // It says that the message was taken, or why not, and nothing else.
        }
    }

    /// <summary>The length of the body as <see cref="Write"/> writes it, session id included.</summary>
    /// <param name="receiver">What the receiver can read.</param>
    public readonly int GetLength(PeerFeatures receiver = PeerFeatures.None) =>
        sizeof(ulong) + ((receiver & PeerFeatures.BinaryBodies) != 0 ? GetBinaryLength(receiver) : GetTextLength(receiver));

    /// <summary>Writes the body into exactly <see cref="GetLength"/> bytes.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="receiver">What the receiver can read.</param>
    public readonly void Write(Span<byte> output, PeerFeatures receiver = PeerFeatures.None)
    {
        BinaryPrimitives.WriteUInt64BigEndian(output, SessionId);
        if ((receiver & PeerFeatures.BinaryBodies) != 0)
        {
            WriteBinary(output[sizeof(ulong)..], receiver);
        }
        else
        {
            WriteText(output[sizeof(ulong)..], receiver);
        }
    }

    /// <summary>Appends an edge's id to <see cref="Custom"/>.</summary>
    /// <param name="id">The id.</param>
    /// <param name="tail">Where to keep it until the body is written: <see cref="Base64Text.MaxTailLength"/> bytes.</param>
    public void AppendId(ulong id, Span<byte> tail)
    {
        if (IsBinary)
        {
            BinaryPrimitives.WriteUInt64BigEndian(tail, id);
            CustomTail = tail[..Base64Text.IdLength];
            return;
        }

        var length = Base64Text.AppendId(Custom, id, tail, out var keep);
        Custom = Custom[..keep];
        CustomTail = tail[..length];
    }

    /// <summary>Cuts an edge's id off the end of <see cref="Custom"/>; false when that is too short.</summary>
    /// <param name="tail">Where to keep what may remain of the last group until the body is written: <see cref="Base64Text.MaxTailLength"/> bytes.</param>
    /// <param name="id">The id.</param>
    public bool TryCutId(Span<byte> tail, out ulong id)
    {
        if (!IsBinary)
        {
            if (!Base64Text.TryCutId(Custom, tail, out id, out var keep, out var length))
            {
                return false;
            }

            Custom = Custom[..keep];
            CustomTail = tail[..length];
            return true;
        }

        var remaining = Custom.Length - Base64Text.IdLength;
        if (remaining < 0)
        {
            id = 0;
            return false;
        }

        id = BinaryPrimitives.ReadUInt64BigEndian(Custom[remaining..]);
        Custom = Custom[..remaining];
        return true;
    }

    /// <summary>The method's name as bytes of its own.</summary>
    public readonly byte[] DecodeKey() => Decode(Key);

    /// <summary>The payload as bytes of its own.</summary>
    public readonly byte[] DecodeValue() => Decode(Value);

    /// <summary>The bytes beside the payload, as bytes of their own.</summary>
    public readonly byte[] DecodeCustom() => Decode(Custom);

    /// <summary>Bytes of the payload.</summary>
    public readonly int ValueLength => DecodedLength(Value);

    /// <summary>Bytes beside the payload.</summary>
    public readonly int CustomLength => DecodedLength(Custom);

    /// <summary>Puts the method's name into a buffer of exactly <see cref="KeyLength"/> bytes.</summary>
    public readonly void DecodeKey(Span<byte> bytes) => Decode(Key, bytes);

    /// <summary>Puts the payload into a buffer of exactly <see cref="ValueLength"/> bytes.</summary>
    public readonly void DecodeValue(Span<byte> bytes) => Decode(Value, bytes);

    /// <summary>Puts the bytes beside the payload into a buffer of exactly <see cref="CustomLength"/> bytes.</summary>
    public readonly void DecodeCustom(Span<byte> bytes) => Decode(Custom, bytes);

    private readonly void Decode(ReadOnlySpan<byte> member, Span<byte> bytes)
    {
        if (IsBinary)
        {
            member.CopyTo(bytes);
        }
        else if (!member.IsEmpty)
        {
            Base64Text.Decode(member, bytes);
        }
    }

    private readonly byte[] Decode(ReadOnlySpan<byte> member) => IsBinary ? member.ToArray() : Base64Text.Decode(member);

    private readonly int DecodedLength(ReadOnlySpan<byte> member) => IsBinary ? member.Length : Base64Text.GetDecodedLength(member);
}
