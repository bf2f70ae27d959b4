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

    public static Message Parse(ReadOnlySpan<byte> body) => From(MessageBody.Parse(body));

    /// <summary>The JSON of a body on session 1.</summary>
    public static Message ParseJson(string json) => Parse(Wire.Body(1, json)) with { SessionId = 0 };

    public static Message From(in MessageBody body) => new()
    {
        SessionId = body.SessionId,
        Key = Encoding.Latin1.GetString(Base64Text.Decode(body.Key)),
        Value = Encoding.Latin1.GetString(Base64Text.Decode(body.Value)),
        Custom = Encoding.Latin1.GetString(Base64Text.Decode(body.Custom)),
        Topic = JsonText.Decode(body.Topic, body.TopicEscaped),
        Error = JsonText.Decode(body.Error, body.ErrorEscaped),
        Timeout = body.Timeout,
        Deadline = body.Deadline,
        ContextDeadline = body.ContextDeadline,
    };

    /// <summary>The body as it is written; checks that it has the length it said.</summary>
    public byte[] Write(bool valueAsBytes = false)
    {
        var value = Encoding.Latin1.GetBytes(Value);
        var body = new MessageBody
        {
            SessionId = SessionId,
            Key = Base64Text.Encode(Encoding.Latin1.GetBytes(Key)),
            Value = valueAsBytes ? default : Base64Text.Encode(value).AsSpan(),
            ValueBytes = valueAsBytes ? value : default,
            Custom = Base64Text.Encode(Encoding.Latin1.GetBytes(Custom)),
            Topic = JsonText.Escape(Topic),
            Error = JsonText.Escape(Error),
            Timeout = Timeout,
            Deadline = Deadline,
            ContextDeadline = ContextDeadline,
        };

        // A guard behind the end shows a length that is too short, the body's last byte one that is too long.
        var length = body.GetLength();
        var output = new byte[length + 8];
        output.AsSpan().Fill(0xee);
        body.Write(output.AsSpan(0, length));
        Assert.That(output[length..], Is.All.EqualTo(0xee));
        Assert.That(output[length - 1], Is.EqualTo((byte)'}'));
        return output[..length];
    }
}
