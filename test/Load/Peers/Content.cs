using System.Buffers.Binary;
using System.Buffers.Text;
using Frontier.Protocol;

namespace Frontier.Load;

/// <summary>
/// What is sent: one payload for the whole run, of which the first 12 bytes are the operation's own, so that an answer to another operation, or an old one,
/// is recognised. All forms of it that the wire needs are made once.
/// </summary>
internal sealed class Content
{
    /// <summary>Bytes of the payload that are the operation's own; payloads that are shorter have none.</summary>
    public const int StampLength = 12;

    private const int StampTextLength = 16;

    // Field 3, bytes.
    private const byte BinaryCustomTag = 0x1a;

    private static ReadOnlySpan<byte> ValueName => "\"value\":\""u8;

    private static ReadOnlySpan<byte> CustomName => "\"custom\":\""u8;

    private readonly Template[] _templates;
    private readonly byte[] _text;
    private readonly uint _run;

    /// <summary>Makes the content of a run.</summary>
    /// <param name="runId">The run's name; its methods, topics and services carry it, so that two runs against one gateway do not meet.</param>
    /// <param name="payloadBytes">The payload's length.</param>
    public Content(string runId, int payloadBytes)
    {
        Payload = new byte[payloadBytes];
        new Random(payloadBytes).NextBytes(Payload);
        _text = Base64Text.Encode(Payload);
        _run = (uint)runId.GetHashCode(StringComparison.Ordinal);
        Method = $"load.echo.{runId}";
        Topic = $"load.topic.{runId}";
        Service = $"load.service.{runId}";
        MethodText = Base64Text.Encode(System.Text.Encoding.UTF8.GetBytes(Method));
        _templates = [.. Enumerable.Range(0, 8).Select(CreateTemplate)];
    }

    /// <summary>The payload.</summary>
    public byte[] Payload { get; }

    /// <summary>The method that is called.</summary>
    public string Method { get; }

    /// <summary>The method, base64.</summary>
    public byte[] MethodText { get; }

    /// <summary>The topic that is published to.</summary>
    public string Topic { get; }

    /// <summary>The service that streams are opened to.</summary>
    public string Service { get; }

    /// <summary>Writes the 12 bytes of an operation.</summary>
    public void WriteStamp(Span<byte> stamp, int slot, uint turn)
    {
        BinaryPrimitives.WriteInt32BigEndian(stamp, slot);
        BinaryPrimitives.WriteUInt32BigEndian(stamp[4..], turn);
        BinaryPrimitives.WriteUInt32BigEndian(stamp[8..], _run);
    }

    /// <summary>Writes a request or a message.</summary>
    /// <param name="peer">Where to.</param>
    /// <param name="type">Request or Message.</param>
    /// <param name="packetId">Its id.</param>
    /// <param name="edgeId">The edge it is for; 0 from an edge, or towards one that is directly there.</param>
    /// <param name="slot">The operation's slot.</param>
    /// <param name="turn">The operation's turn in its slot.</param>
    public void Write(Peer peer, FrameType type, ulong packetId, ulong edgeId, int slot, uint turn)
    {
        ref readonly var template = ref _templates[(type == FrameType.Request ? 4 : 0) | (edgeId != 0 ? 2 : 0) | (peer.IsBinary ? 1 : 0)];
        var frame = peer.Reserve(template.Frame.Length);
        template.Frame.CopyTo(frame);
        BinaryPrimitives.WriteUInt64BigEndian(frame[2..], packetId);
        if (Payload.Length >= StampLength)
        {
            WriteStamp(frame[template.Value..], peer.IsBinary, slot, turn);
        }

        if (edgeId != 0)
        {
            Span<byte> id = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64BigEndian(id, edgeId);
            if (peer.IsBinary)
            {
                id.CopyTo(frame[template.Custom..]);
            }
            else
            {
                Base64.EncodeToUtf8(id, frame[template.Custom..], out _, out _);
            }
        }
    }

    /// <summary>Whether a body holds the payload, whichever operation's it is.</summary>
    public bool HasPayload(ReadOnlySpan<byte> body) => TryGetValue(body, out var value) && HasPayloadRest(value, MessageBody.IsBinaryBody(body));

    /// <summary>Whether an answer is right: this operation's payload and no error.</summary>
    public bool IsEcho(ReadOnlySpan<byte> body, int slot, uint turn)
    {
        var isBinary = MessageBody.IsBinaryBody(body);
        if (!TryGetValue(body, out var value) || !HasPayloadRest(value, isBinary))
        {
            return false;
        }

        if (Payload.Length >= StampLength)
        {
            Span<byte> stamp = stackalloc byte[StampTextLength];
            var length = WriteStamp(stamp, isBinary, slot, turn);
            if (!value[..length].SequenceEqual(stamp[..length]))
            {
                return false;
            }
        }

        return !HasError(body);
    }

    /// <summary>What is wrong with an answer that is not right, as a kind of error.</summary>
    public static string DescribeProblem(ReadOnlySpan<byte> body)
    {
        try
        {
            var answer = MessageBody.Parse(body);
            return answer.Error.IsEmpty ? "wrong payload in an answer" : $"error answer: {JsonText.Decode(answer.Error, answer.ErrorEscaped)}";
        }
        catch (ProtocolViolationException)
        {
            return "broken answer";
        }
    }

    /// <summary>Whether an answer carries an error; the payload, which comes before it, is passed over.</summary>
    public bool HasError(ReadOnlySpan<byte> body)
    {
        if (MessageBody.IsBinaryBody(body))
        {
            return !TryParse(body, out var answer) || !answer.Error.IsEmpty;
        }

        var payload = body.IndexOf(ValueName);
        var rest = payload < 0 ? body : body[Math.Min(body.Length, payload + ValueName.Length + _text.Length)..];
        return rest.IndexOf("\"error\":\""u8) >= 0;
    }

    private static bool TryParse(ReadOnlySpan<byte> body, out MessageBody parsed)
    {
        try
        {
            parsed = MessageBody.Parse(body);
            return true;
        }
        catch (ProtocolViolationException)
        {
            parsed = default;
            return false;
        }
    }

    private bool TryGetValue(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (MessageBody.IsBinaryBody(body))
        {
            if (!TryParse(body, out var parsed))
            {
                return false;
            }

            value = parsed.Value;
            return value.Length == Payload.Length;
        }

        var at = body.IndexOf(ValueName);
        if (at < 0)
        {
            return _text.Length == 0;
        }

        var start = at + ValueName.Length;
        if (body.Length <= start + _text.Length || body[start + _text.Length] != (byte)'"')
        {
            return false;
        }

        value = body.Slice(start, _text.Length);
        return true;
    }

    private bool HasPayloadRest(ReadOnlySpan<byte> value, bool isBinary)
    {
        var skip = Payload.Length < StampLength ? 0 : isBinary ? StampLength : StampTextLength;
        return value[skip..].SequenceEqual((isBinary ? Payload : _text).AsSpan(skip));
    }

    private int WriteStamp(Span<byte> output, bool isBinary, int slot, uint turn)
    {
        if (isBinary)
        {
            WriteStamp(output, slot, turn);
            return StampLength;
        }

        Span<byte> stamp = stackalloc byte[StampLength];
        WriteStamp(stamp, slot, turn);
        Base64.EncodeToUtf8(stamp, output, out _, out _);
        return StampTextLength;
    }

    // By the bits of its number: whether it is a request, whether it names an edge, whether it is binary.
    private Template CreateTemplate(int kind)
    {
        var isRequest = (kind & 4) != 0;
        var isBinary = (kind & 1) != 0;
        var name = System.Text.Encoding.UTF8.GetBytes(isRequest ? Method : Topic);
        var body = new MessageBody
        {
            SessionId = 1, IsBinary = true, Key = isRequest ? name : default, Topic = isRequest ? default : name, Value = Payload,
            Custom = (kind & 2) != 0 ? new byte[sizeof(ulong)] : default,
        };
        var form = isBinary ? PeerFeatures.BinaryBodies : PeerFeatures.None;
        var frame = new byte[Frame.HeaderLength + body.GetLength(form)];
        frame[0] = Frame.Version;
        frame[1] = (byte)(isRequest ? FrameType.Request : FrameType.Message);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(10), (uint)(frame.Length - Frame.HeaderLength));
        body.Write(frame.AsSpan(Frame.HeaderLength), form);
        return isBinary
            ? new Template(frame, frame.AsSpan().IndexOf(Payload), frame.AsSpan().IndexOf((ReadOnlySpan<byte>)[BinaryCustomTag, sizeof(ulong), .. new byte[sizeof(ulong)]]) + 2)
            : new Template(frame, frame.AsSpan().IndexOf(ValueName) + ValueName.Length, frame.AsSpan().IndexOf(CustomName) + CustomName.Length);
    }

    private readonly record struct Template(byte[] Frame, int Value, int Custom);
}
