using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Frontier.Protocol;

/// <summary>Writes the fields that <see cref="FieldScanner"/> reads. Tags are given whole; those in use take one byte.</summary>
/// <param name="output">Where to, of exactly the right length.</param>
internal ref struct FieldWriter(Span<byte> output)
{
    private Span<byte> _output = output;

    /// <summary>What a field of bytes takes, tag and length included; nothing when there are none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int BytesLength(int length) => length == 0 ? 0 : 1 + VarintLength((ulong)length) + length;

    /// <summary>What a number takes, its tag not included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int VarintLength(ulong value) => (63 - BitOperations.LeadingZeroCount(value | 1)) / 7 + 1;

    /// <summary>A signed number as <see cref="FieldScanner.ReadZigzag"/> reads it.</summary>
    public static ulong Zigzag(long value) => (ulong)((value << 1) ^ (value >> 63));

    /// <summary>Writes the tag and the length of a field of bytes and gives the place for them; nothing when there are none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Begin(byte tag, int length)
    {
        if (length == 0)
        {
            return default;
        }

        WriteByte(tag);
        WriteVarint((ulong)length);
        var place = _output[..length];
        _output = _output[length..];
        return place;
    }

    public void WriteVarint(byte tag, ulong value)
    {
        WriteByte(tag);
        WriteVarint(value);
    }

    public void WriteFixed64(byte tag, ulong value)
    {
        WriteByte(tag);
        BinaryPrimitives.WriteUInt64LittleEndian(_output, value);
        _output = _output[sizeof(ulong)..];
    }

    private void WriteByte(byte value)
    {
        _output[0] = value;
        _output = _output[1..];
    }

    private void WriteVarint(ulong value)
    {
        while (value >= 0x80)
        {
            WriteByte((byte)(value | 0x80));
            value >>= 7;
        }

        WriteByte((byte)value);
    }
}
