using System.Buffers.Binary;
using System.Buffers.Text;
using System.Runtime.CompilerServices;

namespace Frontier.Protocol;

/// <summary>
/// The body of Message, MessageAck, Request and Response: <c>sessionId(8)</c> and the JSON <c>MessageData</c>. Read, its members are slices
/// of the frame, as they stand on the wire: base64 text and JSON string text. Written, they go out in the order and form Go writes them.
/// A payload can be given as bytes instead (<see cref="ValueBytes"/>); it is then encoded straight into the output.
/// </summary>
public ref struct MessageBody
{
    // On nearly every answer, so it is copied as one piece.
    private const int ZeroTimeLength = 20;

    private static ReadOnlySpan<byte> ZeroTimes => "\"deadline\":\"0001-01-01T00:00:00Z\",\"context\":{\"deadline\":\"0001-01-01T00:00:00Z\"}}"u8;

    /// <summary>The session the frame belongs to; 1 is the connection itself.</summary>
    public ulong SessionId;

    /// <summary>The method's name, base64.</summary>
    public ReadOnlySpan<byte> Key;

    /// <summary>The payload, base64.</summary>
    public ReadOnlySpan<byte> Value;

    /// <summary>The payload as bytes, to be encoded on writing; <see cref="Value"/> must be empty then. Never set by reading.</summary>
    public ReadOnlySpan<byte> ValueBytes;

    /// <summary>The topic, as it stands between the quotes.</summary>
    public ReadOnlySpan<byte> Topic;

    /// <summary>Whether <see cref="Topic"/> has escapes.</summary>
    public bool TopicEscaped;

    /// <summary>The application's bytes beside the payload, base64.</summary>
    public ReadOnlySpan<byte> Custom;

    /// <summary>Base64 written right behind <see cref="Custom"/>; see <see cref="Base64Text.AppendId"/>. Never set by reading.</summary>
    public ReadOnlySpan<byte> CustomTail;

    /// <summary>The error's text, as it stands between the quotes. Empty: no error.</summary>
    public ReadOnlySpan<byte> Error;

    /// <summary>Whether <see cref="Error"/> has escapes.</summary>
    public bool ErrorEscaped;

    /// <summary>The sender's timeout in nanoseconds; 0 when not set.</summary>
    public long Timeout;

    /// <summary>When the sender gives up; zero when not set.</summary>
    public GoTime Deadline;

    /// <summary>When the sender's context ends; zero when not set.</summary>
    public GoTime ContextDeadline;

    /// <summary>When the caller gives up: the earlier of the two deadlines that are set.</summary>
    public readonly GoTime EffectiveDeadline => GoTime.Earlier(Deadline, ContextDeadline);

    /// <summary>
    /// Member <c>edge</c>, between gateways only: the edge that the frame is for, or in an answer that brings the frame back, the edge that is not there.
    /// 0 when not said.
    /// </summary>
    public ulong Edge;

    /// <summary>Member <c>service</c>, between gateways only: as <see cref="Edge"/>, for a service's id.</summary>
    public ulong Service;

    /// <summary>Reads a body. The result refers to <paramref name="body"/>.</summary>
    /// <exception cref="ProtocolViolationException">The body is not what it should be.</exception>
    public static MessageBody Parse(ReadOnlySpan<byte> body)
    {
        if (body.Length < sizeof(ulong))
        {
            ProtocolViolationException.Throw(DisconnectReason.TruncatedBody, $"a message body of {body.Length} bytes");
        }

        var result = default(MessageBody);
        result.SessionId = BinaryPrimitives.ReadUInt64BigEndian(body);
        var json = new JsonScanner(body[sizeof(ulong)..]);
        while (json.TryNextMember(out var name))
        {
            switch (name.Length)
            {
                case 4 when name.SequenceEqual("edge"u8):
                    result.Edge = json.ReadUnsigned();
                    break;
                case 7 when name.SequenceEqual("service"u8):
                    result.Service = json.ReadUnsigned();
                    break;
                case 3 when name.SequenceEqual("key"u8):
                    result.Key = json.ReadBase64();
                    break;
                case 5 when name.SequenceEqual("value"u8):
                    result.Value = json.ReadBase64();
                    break;
                case 5 when name.SequenceEqual("topic"u8):
                    result.Topic = json.ReadString(out result.TopicEscaped);
                    break;
                case 5 when name.SequenceEqual("error"u8):
                    result.Error = json.ReadString(out result.ErrorEscaped);
                    break;
                case 6 when name.SequenceEqual("custom"u8):
                    result.Custom = json.ReadBase64();
                    break;
                case 7 when name.SequenceEqual("timeout"u8):
                    result.Timeout = json.ReadInteger();
                    break;
                case 8 when name.SequenceEqual("deadline"u8):
                    result.Deadline = json.ReadTime();
                    break;
                case 7 when name.SequenceEqual("context"u8):
                    result.ContextDeadline = ReadContext(ref json);
                    break;
                default:
                    json.SkipValue();
                    break;
            }
        }

        json.ExpectEnd();
        return result;
    }

    /// <summary>The length of the body as <see cref="Write"/> writes it, session id included.</summary>
    public readonly int GetLength()
    {
        var length = sizeof(ulong) + 1 + ZeroTimes.Length;
        if (!Key.IsEmpty)
        {
            length += 9 + Key.Length;
        }

        if (!Value.IsEmpty)
        {
            length += 11 + Value.Length;
        }
        else if (!ValueBytes.IsEmpty)
        {
            length += 11 + Base64Text.GetEncodedLength(ValueBytes.Length);
        }

        if (!Topic.IsEmpty)
        {
            length += 11 + Topic.Length;
        }

        if (!Custom.IsEmpty || !CustomTail.IsEmpty)
        {
            length += 12 + Custom.Length + CustomTail.Length;
        }

        if (!Error.IsEmpty)
        {
            length += 11 + Error.Length;
        }

        if (Timeout != 0)
        {
            Span<byte> digits = stackalloc byte[20];
            Utf8Formatter.TryFormat(Timeout, digits, out var written);
            length += 11 + written;
        }

        if (Edge != 0)
        {
            length += NumberLength("\"edge\":,".Length, Edge);
        }

        if (Service != 0)
        {
            length += NumberLength("\"service\":,".Length, Service);
        }

        return length + Deadline.Length + ContextDeadline.Length - (2 * ZeroTimeLength);
    }

    /// <summary>Writes the body into exactly <see cref="GetLength"/> bytes.</summary>
    public readonly void Write(Span<byte> output)
    {
        BinaryPrimitives.WriteUInt64BigEndian(output, SessionId);
        output[8] = (byte)'{';
        var at = 9;
        if (!Key.IsEmpty)
        {
            Append(output, ref at, "\"key\":\""u8, Key);
        }

        if (!Value.IsEmpty)
        {
            Append(output, ref at, "\"value\":\""u8, Value);
        }
        else if (!ValueBytes.IsEmpty)
        {
            "\"value\":\""u8.CopyTo(output[at..]);
            at += 9;
            Base64.EncodeToUtf8(ValueBytes, output[at..], out _, out var written);
            at += written;
            Close(output, ref at);
        }

        if (!Topic.IsEmpty)
        {
            Append(output, ref at, "\"topic\":\""u8, Topic);
        }

        if (!Custom.IsEmpty || !CustomTail.IsEmpty)
        {
            "\"custom\":\""u8.CopyTo(output[at..]);
            at += 10;
            Custom.CopyTo(output[at..]);
            at += Custom.Length;
            CustomTail.CopyTo(output[at..]);
            at += CustomTail.Length;
            Close(output, ref at);
        }

        if (!Error.IsEmpty)
        {
            Append(output, ref at, "\"error\":\""u8, Error);
        }

        if (Timeout != 0)
        {
            "\"timeout\":"u8.CopyTo(output[at..]);
            at += 10;
            Utf8Formatter.TryFormat(Timeout, output[at..], out var written);
            at += written;
            output[at++] = (byte)',';
        }

        if (Edge != 0)
        {
            AppendNumber(output, ref at, "\"edge\":"u8, Edge);
        }

        if (Service != 0)
        {
            AppendNumber(output, ref at, "\"service\":"u8, Service);
        }

        if (Deadline == default && ContextDeadline == default)
        {
            ZeroTimes.CopyTo(output[at..]);
            return;
        }

        "\"deadline\":\""u8.CopyTo(output[at..]);
        at += 12;
        at += Deadline.Format(output[at..]);
        "\",\"context\":{\"deadline\":\""u8.CopyTo(output[at..]);
        at += 25;
        at += ContextDeadline.Format(output[at..]);
        "\"}}"u8.CopyTo(output[at..]);
    }

    private static GoTime ReadContext(ref JsonScanner json)
    {
        var deadline = default(GoTime);
        if (json.TryEnterObject())
        {
            while (json.TryNextMember(out var name))
            {
                if (name.SequenceEqual("deadline"u8))
                {
                    deadline = json.ReadTime();
                }
                else
                {
                    json.SkipValue();
                }
            }

            json.LeaveObject();
        }

        return deadline;
    }

    private static int NumberLength(int frame, ulong number)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(number, digits, out var written);
        return frame + written;
    }

    private static void AppendNumber(Span<byte> output, ref int at, ReadOnlySpan<byte> name, ulong number)
    {
        name.CopyTo(output[at..]);
        at += name.Length;
        Utf8Formatter.TryFormat(number, output[at..], out var written);
        at += written;
        output[at++] = (byte)',';
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Append(Span<byte> output, ref int at, ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        name.CopyTo(output[at..]);
        at += name.Length;
        text.CopyTo(output[at..]);
        at += text.Length;
        Close(output, ref at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Close(Span<byte> output, ref int at)
    {
        output[at] = (byte)'"';
        output[at + 1] = (byte)',';
        at += 2;
    }
}
