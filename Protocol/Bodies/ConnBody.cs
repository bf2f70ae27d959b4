using System.Buffers.Binary;

namespace Frontier.Protocol;

/// <summary>
/// The body of Conn, <c>flags(1) reserved(1) clientId(8) ConnData</c>, and of ConnAck, <c>retCode(1) clientId(8) ConnData</c>.
/// Read, its members are slices of the frame.
/// </summary>
public ref struct ConnBody
{
    /// <summary>Conn flag: the peer is to choose the id; Go clients always set it.</summary>
    public const byte ClientIdAcquireFlag = 0x08;

    /// <summary>Conn flag, free in the original: ConnData announces features.</summary>
    public const byte ExtendedFlag = 0x40;

    private const int ConnFixedLength = 10;
    private const int AckFixedLength = 9;

    /// <summary>Flags of Conn; not sent in ConnAck.</summary>
    public byte Flags;

    /// <summary>Whether ConnAck reports success; not sent in Conn.</summary>
    public bool Accepted;

    /// <summary>Conn: the id the dialer would like, 0 for none. ConnAck: the id the acceptor decided on.</summary>
    public ulong ClientId;

    /// <summary>The application's metadata, base64.</summary>
    public ReadOnlySpan<byte> Meta;

    /// <summary>Why the acceptor refused, as it stands between the quotes.</summary>
    public ReadOnlySpan<byte> Error;

    /// <summary>Whether <see cref="Error"/> has escapes.</summary>
    public bool ErrorEscaped;

    /// <summary>The error's stable number, beside <see cref="Error"/>; null when not said.</summary>
    public int? ErrorCode;

    /// <summary>Conn of an edge that was asked to move: what it was given to prove that the id is its own, base64; see <see cref="FrameType.Move"/>.</summary>
    public ReadOnlySpan<byte> MoveToken;

    /// <summary>What the sender announces or confirms.</summary>
    public PeerFeatures Features;

    /// <summary>How many messages may be unacknowledged at the sender of this body; 0 when not said, for any number. Counts only beside <see cref="Features"/>.</summary>
    public int MessageWindow;

    /// <summary>The heartbeat interval that the flags ask for: 5·4^code seconds.</summary>
    public readonly TimeSpan HeartbeatInterval => TimeSpan.FromSeconds(5 << (((Flags >> 4) & 3) * 2));

    /// <summary>The flags' heartbeat code for an interval: the largest that is not longer, as far as Go's encoder goes (5, 20 or 80 s).</summary>
    public static byte HeartbeatFlags(TimeSpan interval) => (byte)(interval.TotalSeconds >= 80 ? 0x20 : interval.TotalSeconds >= 20 ? 0x10 : 0);

    /// <summary>Reads the body of Conn.</summary>
    /// <exception cref="ProtocolViolationException">The body is not what it should be.</exception>
    public static ConnBody ParseConn(ReadOnlySpan<byte> body)
    {
        RequireLength(body, ConnFixedLength);
        var result = default(ConnBody);
        result.Flags = body[0];
        result.ClientId = BinaryPrimitives.ReadUInt64BigEndian(body[2..]);
        result.ParseData(body[ConnFixedLength..]);
        return result;
    }

    /// <summary>Reads the body of ConnAck.</summary>
    /// <exception cref="ProtocolViolationException">The body is not what it should be.</exception>
    public static ConnBody ParseConnAck(ReadOnlySpan<byte> body)
    {
        RequireLength(body, AckFixedLength);
        var result = default(ConnBody);
        result.Accepted = body[0] == 0;
        result.ClientId = BinaryPrimitives.ReadUInt64BigEndian(body[1..]);
        result.ParseData(body[AckFixedLength..]);
        return result;
    }

    /// <summary>The length of the body of Conn.</summary>
    public readonly int GetConnLength() => ConnFixedLength + GetDataLength();

    /// <summary>Writes the body of Conn into exactly <see cref="GetConnLength"/> bytes.</summary>
    public readonly void WriteConn(Span<byte> output)
    {
        output[0] = Features == PeerFeatures.None ? Flags : (byte)(Flags | ExtendedFlag);
        output[1] = 0;
        BinaryPrimitives.WriteUInt64BigEndian(output[2..], ClientId);
        WriteData(output[ConnFixedLength..]);
    }

    /// <summary>The length of the body of ConnAck.</summary>
    public readonly int GetConnAckLength() => AckFixedLength + GetDataLength();

    /// <summary>Writes the body of ConnAck into exactly <see cref="GetConnAckLength"/> bytes.</summary>
    public readonly void WriteConnAck(Span<byte> output)
    {
        output[0] = Accepted ? (byte)0 : (byte)1;
        BinaryPrimitives.WriteUInt64BigEndian(output[1..], ClientId);
        WriteData(output[AckFixedLength..]);
    }

    private static void RequireLength(ReadOnlySpan<byte> body, int length)
    {
        if (body.Length < length)
        {
            ProtocolViolationException.Throw(DisconnectReason.TruncatedBody, $"a connection body of {body.Length} bytes");
        }
    }

    private void ParseData(ReadOnlySpan<byte> data)
    {
        var json = new JsonScanner(data);
        while (json.TryNextMember(out var name))
        {
            if (name.SequenceEqual("meta"u8))
            {
                Meta = json.ReadBase64();
            }
            else if (name.SequenceEqual("error"u8))
            {
                Error = json.ReadString(out ErrorEscaped);
            }
            else if (name.SequenceEqual("features"u8))
            {
                Features = FeatureList.Parse(json.ReadString(out _));
            }
            else if (name.SequenceEqual("code"u8))
            {
                ErrorCode = (int)Math.Min(json.ReadUnsigned(), int.MaxValue);
            }
            else if (name.SequenceEqual("window"u8))
            {
                MessageWindow = (int)Math.Min(json.ReadUnsigned(), int.MaxValue);
            }
            else if (name.SequenceEqual("move"u8))
            {
                MoveToken = json.ReadBase64();
            }
            else
            {
                json.SkipValue();
            }
        }

        json.ExpectEnd();
    }

    private readonly int? AnnouncedWindow => MessageWindow > 0 ? MessageWindow : null;

    private readonly int GetDataLength()
    {
        Span<byte> text = stackalloc byte[FeatureList.MaxLength];
        var members = JsonMembers.Length(6, Meta.Length)
            + JsonMembers.Length(7, Error.Length)
            + JsonMembers.NumberLength(6, JsonMembers.Digits(ErrorCode, text))
            + JsonMembers.Length(10, FeatureList.Format(Features, text))
            + JsonMembers.NumberLength(8, JsonMembers.Digits(AnnouncedWindow, text))
            + JsonMembers.Length(6, MoveToken.Length);
        return members == 0 ? 2 : members + 1;
    }

    private readonly void WriteData(Span<byte> output)
    {
        Span<byte> text = stackalloc byte[FeatureList.MaxLength];
        var members = new JsonMembers(output);
        members.Append("\"meta\":"u8, Meta);
        members.Append("\"error\":"u8, Error);
        members.AppendNumber("\"code\":"u8, text[..JsonMembers.Digits(ErrorCode, text)]);
        members.Append("\"features\":"u8, text[..FeatureList.Format(Features, text)]);
        members.AppendNumber("\"window\":"u8, text[..JsonMembers.Digits(AnnouncedWindow, text)]);
        members.Append("\"move\":"u8, MoveToken);
        members.End();
    }
}
