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

    private static ReadOnlySpan<byte> ValueName => "\"value\":\""u8;

    private static ReadOnlySpan<byte> CustomName => "\"custom\":\""u8;

    private readonly byte[] _request;
    private readonly byte[] _requestToEdge;
    private readonly byte[] _message;
    private readonly byte[] _messageToEdge;
    private readonly byte[] _text;
    private readonly int _requestValue;
    private readonly int _messageValue;
    private readonly int _requestCustom;
    private readonly int _messageCustom;
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
        _request = CreateFrame(FrameType.Request, toEdge: false);
        _requestToEdge = CreateFrame(FrameType.Request, toEdge: true);
        _message = CreateFrame(FrameType.Message, toEdge: false);
        _messageToEdge = CreateFrame(FrameType.Message, toEdge: true);
        _requestValue = Behind(_request, ValueName);
        _messageValue = Behind(_message, ValueName);
        _requestCustom = Behind(_requestToEdge, CustomName);
        _messageCustom = Behind(_messageToEdge, CustomName);
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
        var template = (type == FrameType.Request, edgeId != 0) switch
        {
            (true, false) => _request,
            (true, true) => _requestToEdge,
            (false, false) => _message,
            (false, true) => _messageToEdge,
        };
        var frame = peer.Reserve(template.Length);
        template.CopyTo(frame);
        BinaryPrimitives.WriteUInt64BigEndian(frame[2..], packetId);
        if (Payload.Length >= StampLength)
        {
            WriteStampText(frame.Slice(type == FrameType.Request ? _requestValue : _messageValue, StampTextLength), slot, turn);
        }

        if (edgeId != 0)
        {
            Span<byte> id = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64BigEndian(id, edgeId);
            Base64.EncodeToUtf8(id, frame[(type == FrameType.Request ? _requestCustom : _messageCustom)..], out _, out _);
        }
    }

    /// <summary>Whether a body holds the payload, whichever operation's it is.</summary>
    public bool HasPayload(ReadOnlySpan<byte> body) => TryGetValue(body, out var value) && HasPayloadRest(value);

    /// <summary>Whether an answer is right: this operation's payload and no error.</summary>
    public bool IsEcho(ReadOnlySpan<byte> body, int slot, uint turn)
    {
        if (!TryGetValue(body, out var value) || !HasPayloadRest(value))
        {
            return false;
        }

        if (Payload.Length >= StampLength)
        {
            Span<byte> stamp = stackalloc byte[StampTextLength];
            WriteStampText(stamp, slot, turn);
            if (!value[..StampTextLength].SequenceEqual(stamp))
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
        var payload = body.IndexOf(ValueName);
        var rest = payload < 0 ? body : body[Math.Min(body.Length, payload + ValueName.Length + _text.Length)..];
        return rest.IndexOf("\"error\":\""u8) >= 0;
    }

    private static int Behind(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> name) => frame.IndexOf(name) + name.Length;

    private bool TryGetValue(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> value)
    {
        value = default;
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

    private bool HasPayloadRest(ReadOnlySpan<byte> value)
    {
        var skip = Payload.Length >= StampLength ? StampTextLength : 0;
        return value[skip..].SequenceEqual(_text.AsSpan(skip));
    }

    private void WriteStampText(Span<byte> text, int slot, uint turn)
    {
        Span<byte> stamp = stackalloc byte[StampLength];
        WriteStamp(stamp, slot, turn);
        Base64.EncodeToUtf8(stamp, text, out _, out _);
    }

    private byte[] CreateFrame(FrameType type, bool toEdge)
    {
        var body = new MessageBody { SessionId = 1, Value = _text };
        if (type == FrameType.Request)
        {
            body.Key = MethodText;
        }
        else
        {
            body.Topic = JsonText.Escape(Topic);
        }

        if (toEdge)
        {
            body.Custom = Base64Text.Encode(new byte[sizeof(ulong)]);
        }

        var frame = new byte[Frame.HeaderLength + body.GetLength()];
        frame[0] = Frame.Version;
        frame[1] = (byte)type;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(10), (uint)body.GetLength());
        body.Write(frame.AsSpan(Frame.HeaderLength));
        return frame;
    }
}
