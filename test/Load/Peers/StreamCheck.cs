using System.Buffers.Binary;

namespace Frontier.Load;

/// <summary>Checks the bytes of one stream: blocks of the same content, each with its number in front, however they were cut into frames.</summary>
/// <param name="pattern">A block's content.</param>
internal sealed class StreamCheck(byte[] pattern)
{
    private long _offset;

    /// <summary>Whether a byte was lost, changed or out of order.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Length of the number in front of a block; blocks that are shorter have none.</summary>
    public static int NumberLength(int blockLength) => blockLength >= sizeof(long) ? sizeof(long) : 0;

    /// <summary>Writes the block with a number.</summary>
    public static void WriteBlock(Span<byte> block, ReadOnlySpan<byte> pattern, long number)
    {
        pattern.CopyTo(block);
        if (NumberLength(pattern.Length) > 0)
        {
            BinaryPrimitives.WriteInt64BigEndian(block, number);
        }
    }

    /// <summary>Checks what came next; false at the first wrong byte.</summary>
    public bool Take(ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        while (!data.IsEmpty && !IsBroken)
        {
            var block = _offset / pattern.Length;
            var at = (int)(_offset % pattern.Length);
            var numberLength = NumberLength(pattern.Length);
            scoped ReadOnlySpan<byte> expected;
            if (at < numberLength)
            {
                BinaryPrimitives.WriteInt64BigEndian(number, block);
                expected = number[at..];
            }
            else
            {
                expected = pattern.AsSpan(at);
            }

            var length = Math.Min(expected.Length, data.Length);
            IsBroken = !data[..length].SequenceEqual(expected[..length]);
            data = data[length..];
            _offset += length;
        }

        return !IsBroken;
    }
}
