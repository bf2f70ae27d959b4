namespace Frontier.Protocol;

// The binary form: fields of a Protocol Buffers message; docs/protocol-extension.md has its definition.
public ref partial struct MessageBody
{
    private const byte KeyTag = (1 << 3) | FieldScanner.Bytes;
    private const byte ValueTag = (2 << 3) | FieldScanner.Bytes;
    private const byte CustomTag = (3 << 3) | FieldScanner.Bytes;
    private const byte TopicTag = (4 << 3) | FieldScanner.Bytes;
    private const byte ErrorTag = (5 << 3) | FieldScanner.Bytes;
    private const byte CodeTag = (6 << 3) | FieldScanner.Varint;
    private const byte TimeoutTag = (7 << 3) | FieldScanner.Varint;
    private const byte DeadlineTag = (8 << 3) | FieldScanner.Fixed64;
    private const byte ContextTag = (9 << 3) | FieldScanner.Varint;
    private const byte EdgeTag = (10 << 3) | FieldScanner.Fixed64;
    private const byte ServiceTag = (11 << 3) | FieldScanner.Fixed64;
    private const byte TraceTag = (12 << 3) | FieldScanner.Bytes;
    private const int Fixed64Length = 1 + sizeof(ulong);

    // The last field numbers that this version knows, by which a known field in a wrong encoding is told from a later one.
    private const uint LastField = 12;

    // How much later the context ends than the deadline: mostly 0, which takes two bytes. Modulo 2^64, so that no time overflows.
    private readonly ulong ContextDelta => FieldWriter.Zigzag(unchecked(ContextDeadline.ToUnixNanoseconds() - ContextBase(Deadline)));

    private static long ContextBase(GoTime deadline) => deadline.IsZero ? 0 : deadline.ToUnixNanoseconds();

    private void ParseBinary(ReadOnlySpan<byte> data)
    {
        IsBinary = true;
        long? context = null;
        var fields = new FieldScanner(data);
        while (fields.TryNext(out var tag))
        {
            switch (tag)
            {
                case KeyTag:
                    Key = fields.ReadBytes();
                    break;
                case ValueTag:
                    Value = fields.ReadBytes();
                    break;
                case CustomTag:
                    Custom = fields.ReadBytes();
                    break;
                case TopicTag:
                    Topic = fields.ReadText();
                    break;
                case ErrorTag:
                    Error = fields.ReadText();
                    break;
                case CodeTag:
                    ErrorCode = (int)Math.Min(fields.ReadVarint(), int.MaxValue);
                    break;
                case TimeoutTag:
                    Timeout = fields.ReadZigzag();
                    break;
                case DeadlineTag:
                    Deadline = GoTime.FromUnixNanoseconds((long)fields.ReadFixed64());
                    break;
                case ContextTag:
                    context = fields.ReadZigzag();
                    break;
                case EdgeTag:
                    Edge = fields.ReadFixed64();
                    break;
                case ServiceTag:
                    Service = fields.ReadFixed64();
                    break;
                case TraceTag:
                    Trace = fields.ReadBytes();
                    if (Trace.Length is not 0 and not TraceField.Length)
                    {
                        ProtocolViolationException.Throw(DisconnectReason.MalformedBinary, $"a trace of {Trace.Length} bytes");
                    }

                    break;
                default:
                    if (tag >> 3 <= LastField)
                    {
                        ProtocolViolationException.Throw(DisconnectReason.MalformedBinary, $"field {tag >> 3} in a wrong encoding");
                    }

                    fields.Skip(tag);
                    break;
            }
        }

        if (context is { } delta)
        {
            ContextDeadline = GoTime.FromUnixNanoseconds(unchecked(ContextBase(Deadline) + delta));
        }
    }

    private readonly int GetBinaryLength(PeerFeatures receiver)
    {
        var length = 1
            + FieldWriter.BytesLength(IsKeyBytes ? Key.Length : Base64Text.GetDecodedLength(Key))
            + FieldWriter.BytesLength(DecodedLength(Value))
            + FieldWriter.BytesLength(DecodedLength(Custom) + DecodedLength(CustomTail))
            + FieldWriter.BytesLength(UnescapedLength(Topic))
            + FieldWriter.BytesLength(UnescapedLength(Error))
            + FieldWriter.BytesLength(Trace.Length);
        if (ErrorCode is { } code && (receiver & PeerFeatures.ErrorCodes) != 0)
        {
            length += 1 + FieldWriter.VarintLength((ulong)code);
        }

        if (Timeout != 0)
        {
            length += 1 + FieldWriter.VarintLength(FieldWriter.Zigzag(Timeout));
        }

        if (!Deadline.IsZero)
        {
            length += Fixed64Length;
        }

        if (!ContextDeadline.IsZero)
        {
            length += 1 + FieldWriter.VarintLength(ContextDelta);
        }

        return length + (Edge != 0 ? Fixed64Length : 0) + (Service != 0 ? Fixed64Length : 0);
    }

    private readonly void WriteBinary(Span<byte> output, PeerFeatures receiver)
    {
        output[0] = BinaryFormat;
        var fields = new FieldWriter(output[1..]);
        CopyBytes(Key, IsKeyBytes, fields.Begin(KeyTag, IsKeyBytes ? Key.Length : Base64Text.GetDecodedLength(Key)));
        CopyBytes(Value, IsBinary, fields.Begin(ValueTag, DecodedLength(Value)));
        var first = DecodedLength(Custom);
        var custom = fields.Begin(CustomTag, first + DecodedLength(CustomTail));
        if (!custom.IsEmpty)
        {
            CopyBytes(Custom, IsBinary, custom[..first]);
            CopyBytes(CustomTail, IsBinary, custom[first..]);
        }

        CopyText(Topic, fields.Begin(TopicTag, UnescapedLength(Topic)));
        CopyText(Error, fields.Begin(ErrorTag, UnescapedLength(Error)));
        if (ErrorCode is { } code && (receiver & PeerFeatures.ErrorCodes) != 0)
        {
            fields.WriteVarint(CodeTag, (ulong)code);
        }

        if (Timeout != 0)
        {
            fields.WriteVarint(TimeoutTag, FieldWriter.Zigzag(Timeout));
        }

        if (!Deadline.IsZero)
        {
            fields.WriteFixed64(DeadlineTag, (ulong)Deadline.ToUnixNanoseconds());
        }

        if (!ContextDeadline.IsZero)
        {
            fields.WriteVarint(ContextTag, ContextDelta);
        }

        if (Edge != 0)
        {
            fields.WriteFixed64(EdgeTag, Edge);
        }

        if (Service != 0)
        {
            fields.WriteFixed64(ServiceTag, Service);
        }

        Trace.CopyTo(fields.Begin(TraceTag, Trace.Length));
    }

    private static void CopyBytes(ReadOnlySpan<byte> member, bool isBytes, Span<byte> place)
    {
        if (place.IsEmpty)
        {
            return;
        }

        if (isBytes)
        {
            member.CopyTo(place);
        }
        else if (!member.IsEmpty)
        {
            Base64Text.Decode(member, place);
        }
    }

    private readonly int UnescapedLength(ReadOnlySpan<byte> member) => IsBinary ? member.Length : JsonText.GetUnescapedLength(member);

    private readonly void CopyText(ReadOnlySpan<byte> member, Span<byte> place)
    {
        if (IsBinary)
        {
            member.CopyTo(place);
        }
        else
        {
            JsonText.Unescape(member, place);
        }
    }
}
