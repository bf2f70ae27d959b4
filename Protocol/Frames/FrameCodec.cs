using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Frontier.Protocol;

/// <summary>
/// The frame header: <c>version(1) type(1) packetId(8) bodyLength(4)</c>, big-endian.
/// Version, type and length are checked before the body is waited for, so a hostile length costs nothing.
/// </summary>
/// <param name="maxFrameBytes">The largest header plus body accepted, in bytes.</param>
public sealed class FrameCodec(int maxFrameBytes = FrameCodec.DefaultMaxFrameBytes) : IMessageReader<Frame>, IMessageWriter<Frame>
{
    /// <summary>10 MiB, the cap of newer Go peers.</summary>
    public const int DefaultMaxFrameBytes = 10 * 1024 * 1024;

    private readonly uint _maxBodyBytes = (uint)Math.Max(0, maxFrameBytes - Frame.HeaderLength);

    /// <inheritdoc/>
    public bool TryParseMessage(in ReadOnlySequence<byte> input, ref SequencePosition consumed, ref SequencePosition examined, out Frame message)
    {
        var first = input.FirstSpan;
        FrameType type;
        ulong packetId;
        uint length;
        if (first.Length >= Frame.HeaderLength)
        {
            ParseHeader(first, out type, out packetId, out length);
        }
        else if (!TryParseSplitHeader(input, out type, out packetId, out length))
        {
            examined = input.End;
            message = default;
            return false;
        }

        var total = Frame.HeaderLength + (long)length;
        if (input.Length < total)
        {
            examined = input.End;
            message = default;
            return false;
        }

        var body = input.Slice(Frame.HeaderLength, length);
        consumed = body.End;
        examined = consumed;
        message = new Frame(type, packetId, body);
        return true;
    }

    /// <inheritdoc/>
    public void WriteMessage(Frame message, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var header = output.GetSpan(Frame.HeaderLength);
        WriteHeader(header, message.Type, message.PacketId, checked((int)message.Body.Length));
        output.Advance(Frame.HeaderLength);
        foreach (var segment in message.Body)
        {
            output.Write(segment.Span);
        }
    }

    /// <summary>Writes a header and returns what follows it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Span<byte> WriteHeader(Span<byte> frame, FrameType type, ulong packetId, int bodyLength)
    {
        frame[0] = Frame.Version;
        frame[1] = (byte)type;
        BinaryPrimitives.WriteUInt64BigEndian(frame[2..], packetId);
        BinaryPrimitives.WriteUInt32BigEndian(frame[10..], (uint)bodyLength);
        return frame[Frame.HeaderLength..];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ParseHeader(ReadOnlySpan<byte> header, out FrameType type, out ulong packetId, out uint length)
    {
        if (header[0] != Frame.Version)
        {
            ProtocolViolationException.Throw(DisconnectReason.BadVersion, $"version 0x{header[0]:x2}");
        }

        type = (FrameType)header[1];
        if (!IsKnown(type))
        {
            ProtocolViolationException.Throw(DisconnectReason.UnknownFrameType, $"type 0x{header[1]:x2}");
        }

        packetId = BinaryPrimitives.ReadUInt64BigEndian(header[2..]);
        length = BinaryPrimitives.ReadUInt32BigEndian(header[10..]);
        if (length > _maxBodyBytes)
        {
            ProtocolViolationException.Throw(DisconnectReason.FrameTooLarge, $"{type} of {length} bytes, the limit is {_maxBodyBytes}");
        }
    }

    private bool TryParseSplitHeader(in ReadOnlySequence<byte> input, out FrameType type, out ulong packetId, out uint length)
    {
        if (input.Length < Frame.HeaderLength)
        {
            // The first two bytes tell a stranger apart; there is no reason to wait for twelve more.
            if (!input.IsEmpty && input.FirstSpan[0] != Frame.Version)
            {
                ProtocolViolationException.Throw(DisconnectReason.BadVersion, $"version 0x{input.FirstSpan[0]:x2}");
            }

            type = default;
            packetId = 0;
            length = 0;
            return false;
        }

        Span<byte> header = stackalloc byte[Frame.HeaderLength];
        input.Slice(0, Frame.HeaderLength).CopyTo(header);
        ParseHeader(header, out type, out packetId, out length);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsKnown(FrameType type) => ((byte)type & 0x0f, (byte)type >> 4) switch
    {
        (1 or 2, >= 0 and <= 5) => true,
        (1, 6) => true,
        (1 or 2 or 3, 7) => true,
        (1 or 2, 8) => true,
        _ => false,
    };
}
