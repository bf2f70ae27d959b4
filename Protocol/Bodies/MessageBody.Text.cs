using System.Buffers.Text;
using System.Runtime.CompilerServices;

namespace Frontier.Protocol;

// The text form: JSON as Go's encoding/json writes it.
public ref partial struct MessageBody
{
    // On nearly every answer, so it is copied as one piece.
    private const int ZeroTimeLength = 20;

    private static ReadOnlySpan<byte> ZeroTimes => "\"deadline\":\"0001-01-01T00:00:00Z\",\"context\":{\"deadline\":\"0001-01-01T00:00:00Z\"}}"u8;

    private readonly bool IsKeyBytes => IsBinary && !KeyIsText;

    private void ParseText(ReadOnlySpan<byte> data)
    {
        var json = new JsonScanner(data);
        while (json.TryNextMember(out var name))
        {
            switch (name.Length)
            {
                case 4 when name.SequenceEqual("code"u8):
                    ErrorCode = (int)Math.Min(json.ReadUnsigned(), int.MaxValue);
                    break;
                case 4 when name.SequenceEqual("edge"u8):
                    Edge = json.ReadUnsigned();
                    break;
                case 7 when name.SequenceEqual("service"u8):
                    Service = json.ReadUnsigned();
                    break;
                case 3 when name.SequenceEqual("key"u8):
                    Key = json.ReadBase64();
                    break;
                case 5 when name.SequenceEqual("value"u8):
                    Value = json.ReadBase64();
                    break;
                case 5 when name.SequenceEqual("topic"u8):
                    Topic = json.ReadString(out TopicEscaped);
                    break;
                case 5 when name.SequenceEqual("error"u8):
                    Error = json.ReadString(out ErrorEscaped);
                    break;
                case 6 when name.SequenceEqual("custom"u8):
                    Custom = json.ReadBase64();
                    break;
                case 7 when name.SequenceEqual("timeout"u8):
                    Timeout = json.ReadInteger();
                    break;
                case 8 when name.SequenceEqual("deadline"u8):
                    Deadline = json.ReadTime();
                    break;
                case 7 when name.SequenceEqual("context"u8):
                    ContextDeadline = ReadContext(ref json);
                    break;
                default:
                    json.SkipValue();
                    break;
            }
        }

        json.ExpectEnd();
    }

    private readonly int GetTextLength(PeerFeatures receiver)
    {
        var length = 1 + ZeroTimes.Length;
        if (!Key.IsEmpty)
        {
            length += 9 + (IsKeyBytes ? Base64Text.GetEncodedLength(Key.Length) : Key.Length);
        }

        if (!Value.IsEmpty)
        {
            length += 11 + (IsBinary ? Base64Text.GetEncodedLength(Value.Length) : Value.Length);
        }

        if (!Topic.IsEmpty)
        {
            length += 11 + (IsBinary ? JsonText.GetEscapedLength(Topic) : Topic.Length);
        }

        if (!Custom.IsEmpty || !CustomTail.IsEmpty)
        {
            var custom = Custom.Length + CustomTail.Length;
            length += 12 + (IsBinary ? Base64Text.GetEncodedLength(custom) : custom);
        }

        if (!Error.IsEmpty)
        {
            length += 11 + (IsBinary ? JsonText.GetEscapedLength(Error) : Error.Length);
        }

        if (ErrorCode is { } code && (receiver & PeerFeatures.ErrorCodes) != 0)
        {
            length += NumberLength("\"code\":,".Length, (ulong)code);
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

    private readonly void WriteText(Span<byte> output, PeerFeatures receiver)
    {
        output[0] = (byte)'{';
        var at = 1;
        if (!Key.IsEmpty)
        {
            AppendBase64(output, ref at, "\"key\":\""u8, Key, IsKeyBytes);
        }

        if (!Value.IsEmpty)
        {
            AppendBase64(output, ref at, "\"value\":\""u8, Value, IsBinary);
        }

        if (!Topic.IsEmpty)
        {
            AppendText(output, ref at, "\"topic\":\""u8, Topic);
        }

        if (!Custom.IsEmpty || !CustomTail.IsEmpty)
        {
            AppendCustom(output, ref at);
        }

        if (!Error.IsEmpty)
        {
            AppendText(output, ref at, "\"error\":\""u8, Error);
        }

        if (ErrorCode is { } code && (receiver & PeerFeatures.ErrorCodes) != 0)
        {
            AppendNumber(output, ref at, "\"code\":"u8, (ulong)code);
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

    // What came as text goes on as it stands, which is what nearly all frames do: only that is worth being inlined.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AppendBase64(Span<byte> output, ref int at, ReadOnlySpan<byte> name, ReadOnlySpan<byte> member, bool isBytes)
    {
        if (isBytes)
        {
            AppendEncoded(output, ref at, name, member);
        }
        else
        {
            Append(output, ref at, name, member);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AppendEncoded(Span<byte> output, ref int at, ReadOnlySpan<byte> name, ReadOnlySpan<byte> bytes)
    {
        name.CopyTo(output[at..]);
        at += name.Length;
        Base64.EncodeToUtf8(bytes, output[at..], out _, out var written);
        at += written;
        Close(output, ref at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void AppendText(Span<byte> output, ref int at, ReadOnlySpan<byte> name, ReadOnlySpan<byte> member)
    {
        if (IsBinary)
        {
            AppendEscaped(output, ref at, name, member);
        }
        else
        {
            Append(output, ref at, name, member);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AppendEscaped(Span<byte> output, ref int at, ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        name.CopyTo(output[at..]);
        at += name.Length;
        at += JsonText.Escape(text, output[at..]);
        Close(output, ref at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void AppendCustom(Span<byte> output, ref int at)
    {
        "\"custom\":\""u8.CopyTo(output[at..]);
        at += 10;
        if (IsBinary)
        {
            at += EncodeCustom(output[at..]);
        }
        else
        {
            Custom.CopyTo(output[at..]);
            at += Custom.Length;
            CustomTail.CopyTo(output[at..]);
            at += CustomTail.Length;
        }

        Close(output, ref at);
    }

    // Whole groups first; then what is left of the first part together with the second.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly int EncodeCustom(Span<byte> output)
    {
        var left = Custom.Length % 3;
        Base64.EncodeToUtf8(Custom[..^left], output, out _, out var whole);
        Span<byte> end = stackalloc byte[2 + Base64Text.MaxTailLength];
        Custom[^left..].CopyTo(end);
        CustomTail.CopyTo(end[left..]);
        Base64.EncodeToUtf8(end[..(left + CustomTail.Length)], output[whole..], out _, out var rest);
        return whole + rest;
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
