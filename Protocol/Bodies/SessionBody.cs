using System.Buffers.Binary;
using System.Buffers.Text;

namespace Frontier.Protocol;

/// <summary>
/// The bodies that open and close sessions: Session <c>priority(1) flags(1) negotiateId(8)</c>, SessionAck <c>reserved(2) negotiateId(8)
/// sessionId(8)</c>, Dismiss and DismissAck <c>sessionId(8)</c>, each followed by the JSON <c>SessionData</c>. Read, its members are slices of the frame.
/// </summary>
public ref struct SessionBody
{
    /// <summary>Session flag: the acceptor chooses the id; set by dialers, not by acceptors.</summary>
    public const byte ChooseIdFlag = 0x10;

    private const int SessionFixedLength = 10;
    private const int AckFixedLength = 18;

    /// <summary>Flags of Session.</summary>
    public byte Flags;

    /// <summary>The opener's own number for the session.</summary>
    public ulong NegotiateId;

    /// <summary>The session's id.</summary>
    public ulong SessionId;

    /// <summary>The opener's metadata, base64.</summary>
    public ReadOnlySpan<byte> Meta;

    /// <summary>Why the session was refused or ended, as it stands between the quotes.</summary>
    public ReadOnlySpan<byte> Error;

    /// <summary>Whether <see cref="Error"/> has escapes.</summary>
    public bool ErrorEscaped;

    /// <summary>The error's stable number, beside <see cref="Error"/>; null when not said.</summary>
    public int? ErrorCode;

    /// <summary>Whom to reach, or who opened: an edge id in decimal or a service's name, as it stands between the quotes.</summary>
    public ReadOnlySpan<byte> Peer;

    /// <summary>Whether <see cref="Peer"/> has escapes.</summary>
    public bool PeerEscaped;

    /// <summary>
    /// Member <c>peerId</c>, not in the original: the id of the service that opened, beside its name in <see cref="Peer"/>. 0 when not said.
    /// Go peers skip it.
    /// </summary>
    public ulong PeerId;

    /// <summary>
    /// Member <c>edge</c>, between gateways only: the edge that the stream is for, or in an answer, the edge that is not there. 0 when not said.
    /// </summary>
    public ulong Edge;

    /// <summary>Member <c>service</c>, between gateways only: as <see cref="Edge"/>, for a service's id.</summary>
    public ulong Service;

    /// <summary>Reads the body of Session.</summary>
    /// <exception cref="ProtocolViolationException">The body is not what it should be.</exception>
    public static SessionBody ParseSession(ReadOnlySpan<byte> body)
    {
        RequireLength(body, SessionFixedLength);
        var result = default(SessionBody);
        result.Flags = body[1];
        result.NegotiateId = BinaryPrimitives.ReadUInt64BigEndian(body[2..]);
        result.ParseData(body[SessionFixedLength..]);
        return result;
    }

    /// <summary>Reads the body of SessionAck.</summary>
    /// <exception cref="ProtocolViolationException">The body is not what it should be.</exception>
    public static SessionBody ParseSessionAck(ReadOnlySpan<byte> body)
    {
        RequireLength(body, AckFixedLength);
        var result = default(SessionBody);
        result.NegotiateId = BinaryPrimitives.ReadUInt64BigEndian(body[2..]);
        result.SessionId = BinaryPrimitives.ReadUInt64BigEndian(body[10..]);
        result.ParseData(body[AckFixedLength..]);
        return result;
    }

    /// <summary>Reads the body of Dismiss, DismissAck or RegisterAck: a session id and data.</summary>
    /// <exception cref="ProtocolViolationException">The body is not what it should be.</exception>
    public static SessionBody ParseDismiss(ReadOnlySpan<byte> body)
    {
        RequireLength(body, sizeof(ulong));
        var result = default(SessionBody);
        result.SessionId = BinaryPrimitives.ReadUInt64BigEndian(body);
        result.ParseData(body[sizeof(ulong)..]);
        return result;
    }

    /// <summary>Clears every member that a peer has no say in: what only gateways set, and numbers of errors that were not agreed on.</summary>
    /// <param name="fromGateway">Whether the frame comes from the gateway that its reader dialed.</param>
    /// <param name="sender">What was agreed on with the sender.</param>
    internal void KeepContractMembers(bool fromGateway, PeerFeatures sender)
    {
        Edge = Service = 0;
        if (!fromGateway)
        {
            PeerId = 0;
        }

        if ((sender & PeerFeatures.ErrorCodes) == 0)
        {
            ErrorCode = null;
        }
    }

    /// <summary>The length of the body of Session.</summary>
    public readonly int GetSessionLength() => SessionFixedLength + GetDataLength();

    /// <summary>Writes the body of Session into exactly <see cref="GetSessionLength"/> bytes.</summary>
    public readonly void WriteSession(Span<byte> output)
    {
        output[0] = 0;
        output[1] = Flags;
        BinaryPrimitives.WriteUInt64BigEndian(output[2..], NegotiateId);
        WriteData(output[SessionFixedLength..]);
    }

    /// <summary>The length of the body of SessionAck.</summary>
    public readonly int GetSessionAckLength() => AckFixedLength + GetDataLength();

    /// <summary>Writes the body of SessionAck into exactly <see cref="GetSessionAckLength"/> bytes.</summary>
    public readonly void WriteSessionAck(Span<byte> output)
    {
        output[0] = output[1] = 0;
        BinaryPrimitives.WriteUInt64BigEndian(output[2..], NegotiateId);
        BinaryPrimitives.WriteUInt64BigEndian(output[10..], SessionId);
        WriteData(output[AckFixedLength..]);
    }

    /// <summary>The length of the body of Dismiss, DismissAck or RegisterAck.</summary>
    public readonly int GetDismissLength() => sizeof(ulong) + GetDataLength();

    /// <summary>Writes the body of Dismiss, DismissAck or RegisterAck into exactly <see cref="GetDismissLength"/> bytes.</summary>
    public readonly void WriteDismiss(Span<byte> output)
    {
        BinaryPrimitives.WriteUInt64BigEndian(output, SessionId);
        WriteData(output[sizeof(ulong)..]);
    }

    private static void RequireLength(ReadOnlySpan<byte> body, int length)
    {
        if (body.Length < length)
        {
            ProtocolViolationException.Throw(DisconnectReason.TruncatedBody, $"a session body of {body.Length} bytes");
        }
    }

    private static int Digits(ulong value, Span<byte> digits)
    {
        Utf8Formatter.TryFormat(value, digits, out var written);
        return value == 0 ? 0 : written;
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
            else if (name.SequenceEqual("code"u8))
            {
                ErrorCode = (int)Math.Min(json.ReadUnsigned(), int.MaxValue);
            }
            else if (name.SequenceEqual("peer"u8))
            {
                Peer = json.ReadString(out PeerEscaped);
            }
            else if (name.SequenceEqual("peerId"u8))
            {
                PeerId = json.ReadUnsigned();
            }
            else if (name.SequenceEqual("edge"u8))
            {
                Edge = json.ReadUnsigned();
            }
            else if (name.SequenceEqual("service"u8))
            {
                Service = json.ReadUnsigned();
            }
            else
            {
                json.SkipValue();
            }
        }

        json.ExpectEnd();
    }

    private readonly int GetDataLength()
    {
        Span<byte> digits = stackalloc byte[20];
        var members = JsonMembers.Length(6, Meta.Length) + JsonMembers.Length(7, Error.Length) + JsonMembers.Length(6, Peer.Length);
        members += JsonMembers.NumberLength(6, JsonMembers.Digits(ErrorCode, digits));
        members += JsonMembers.NumberLength(8, Digits(PeerId, digits));
        members += JsonMembers.NumberLength(6, Digits(Edge, digits));
        members += JsonMembers.NumberLength(9, Digits(Service, digits));

        return members == 0 ? 2 : members + 1;
    }

    private readonly void WriteData(Span<byte> output)
    {
        Span<byte> digits = stackalloc byte[20];
        var members = new JsonMembers(output);
        members.Append("\"meta\":"u8, Meta);
        members.Append("\"error\":"u8, Error);
        members.AppendNumber("\"code\":"u8, digits[..JsonMembers.Digits(ErrorCode, digits)]);
        members.Append("\"peer\":"u8, Peer);
        members.AppendNumber("\"peerId\":"u8, digits[..Digits(PeerId, digits)]);
        members.AppendNumber("\"edge\":"u8, digits[..Digits(Edge, digits)]);
        members.AppendNumber("\"service\":"u8, digits[..Digits(Service, digits)]);
        members.End();
    }
}
