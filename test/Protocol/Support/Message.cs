using System.Text;

namespace Frontier.Protocol.Tests.Support;

/// <summary>What a message body says, decoded and kept; a record, so that two can be compared.</summary>
internal sealed record Message
{
    public ulong SessionId { get; init; }

    public string Key { get; init; } = "";

    public string Value { get; init; } = "";

    public string Custom { get; init; } = "";

    public string Topic { get; init; } = "";

    public string Error { get; init; } = "";

    public long Timeout { get; init; }

    public GoTime Deadline { get; init; }

    public GoTime ContextDeadline { get; init; }

    public int? ErrorCode { get; init; }

    public ulong Edge { get; init; }

    public ulong Service { get; init; }

    public static Message Parse(ReadOnlySpan<byte> body) => From(MessageBody.Parse(body));

    /// <summary>The JSON of a body on session 1.</summary>
    public static Message ParseJson(string json) => Parse(Wire.Body(1, json)) with { SessionId = 0 };

    public static Message From(in MessageBody body) => new()
    {
        SessionId = body.SessionId,
        Key = Encoding.Latin1.GetString(body.DecodeKey()),
        Value = Encoding.Latin1.GetString(body.DecodeValue()),
        Custom = Encoding.Latin1.GetString(body.DecodeCustom()),
        Topic = JsonText.Decode(body.Topic, body.TopicEscaped),
        Error = JsonText.Decode(body.Error, body.ErrorEscaped),
        Timeout = body.Timeout,
        Deadline = body.Deadline,
        ContextDeadline = body.ContextDeadline,
        ErrorCode = body.ErrorCode,
        Edge = body.Edge,
        Service = body.Service,
    };

    /// <summary>The body as it is written; checks that it has the length it said.</summary>
    /// <param name="fromBytes">Whether it is made of plain bytes, and not of base64 and JSON text.</param>
    /// <param name="receiver">What its receiver reads.</param>
    public byte[] Write(bool fromBytes = false, PeerFeatures receiver = PeerFeatures.None)
    {
        byte[] key = Encoding.Latin1.GetBytes(Key), value = Encoding.Latin1.GetBytes(Value), custom = Encoding.Latin1.GetBytes(Custom);
        var body = new MessageBody
        {
            SessionId = SessionId,
            IsBinary = fromBytes,
            Key = fromBytes ? key : Base64Text.Encode(key),
            Value = fromBytes ? value : Base64Text.Encode(value),
            Custom = fromBytes ? custom : Base64Text.Encode(custom),
            Topic = fromBytes ? Encoding.UTF8.GetBytes(Topic) : JsonText.Escape(Topic),
            Error = fromBytes ? Encoding.UTF8.GetBytes(Error) : JsonText.Escape(Error),
            Timeout = Timeout,
            Deadline = Deadline,
            ContextDeadline = ContextDeadline,
            ErrorCode = ErrorCode,
            Edge = Edge,
            Service = Service,
        };
        return Write(body, receiver);
    }

    /// <summary>A body as it is written; checks that it has the length it said.</summary>
    public static byte[] Write(in MessageBody body, PeerFeatures receiver)
    {
        // A guard behind the end shows a length that is too short, a filler that is left one that is too long.
        var length = body.GetLength(receiver);
        byte[]? written = null;
        foreach (var filler in (byte[])[0xee, 0x11])
        {
            var output = new byte[length + 8];
            output.AsSpan().Fill(filler);
            body.Write(output.AsSpan(0, length), receiver);
            Assert.That(output[length..], Is.All.EqualTo(filler));
            Assert.That(output[..length], Is.EqualTo(written ?? output[..length]), "All of it is written.");
            written = output[..length];
        }

        return written!;
    }
}
