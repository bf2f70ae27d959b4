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

    /// <summary>Changes the length of the body in a frame's header.</summary>
    internal static void WriteBodyLength(Span<byte> frame, int bodyLength) => BinaryPrimitives.WriteUInt32BigEndian(frame[10..], (uint)bodyLength);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ParseHeader(ReadOnlySpan<byte> header, out FrameType type, out ulong packetId, out uint length)
    {
        CheckVersion(header[0]);
        CheckType(header[1]);
        type = (FrameType)header[1];
        packetId = BinaryPrimitives.ReadUInt64BigEndian(header[2..]);
        length = BinaryPrimitives.ReadUInt32BigEndian(header[10..]);
        if (length > _maxBodyBytes)
        {
            ProtocolViolationException.Throw(DisconnectReason.FrameTooLarge, $"{type} of {length} bytes, the limit is {_maxBodyBytes}");
        }
    }

    private bool TryParseSplitHeader(in ReadOnlySequence<byte> input, out FrameType type, out ulong packetId, out uint length)
    {
        // Copied, because a header may be spread over segments, and segments may be empty.
        Span<byte> header = stackalloc byte[Frame.HeaderLength];
        var arrived = (int)Math.Min(input.Length, Frame.HeaderLength);
        input.Slice(0, arrived).CopyTo(header);
        if (arrived == Frame.HeaderLength)
        {
            ParseHeader(header, out type, out packetId, out length);
            return true;
        }

        // The first two bytes tell a stranger apart; there is no reason to wait for twelve more.
        if (arrived > 0)
        {
            CheckVersion(header[0]);
        }

        if (arrived > 1)
        {
            CheckType(header[1]);
        }

        type = default;
        packetId = 0;
        length = 0;
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CheckVersion(byte version)
    {
        if (version != Frame.Version)
        {
            ProtocolViolationException.Throw(DisconnectReason.BadVersion, DescribeStranger(version));
        }
    }

    // What somebody says who is no Frontier peer. No protocol that a port is likely to be confused with begins with 1.
    private static string DescribeStranger(byte first) => first switch
    {
        0x15 or 0x16 => "it speaks TLS, which this end does not expect here",
        (byte)'H' or (byte)'G' or (byte)'P' or (byte)'D' or (byte)'O' or (byte)'C' or (byte)'T' => "it speaks HTTP, not Frontier's protocol",
        (byte)'S' => "it speaks SSH or another text protocol, not Frontier's",
        0 => "it speaks HTTP/2 or another binary protocol, not Frontier's",
        _ => $"it does not speak Frontier's protocol (version 0x{first:x2})",
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CheckType(byte type)
    {
        if (!IsKnown((FrameType)type))
        {
            ProtocolViolationException.Throw(DisconnectReason.UnknownFrameType, $"type 0x{type:x2}");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsKnown(FrameType type) => ((byte)type & 0x0f, (byte)type >> 4) switch
    {
        (1 or 2, >= 0 and <= 5) => true,
        (3, 1) => true,
        (1 or 2 or 3, 6 or 7) => true,
        (1 or 2, 8) => true,
        _ => false,
    };
}
