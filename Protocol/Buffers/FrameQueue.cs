using System.Buffers.Binary;

namespace Frontier.Protocol;

/// <summary>
/// Whole encoded frames that wait in order, in pooled blocks. Holds no memory while empty. Not synchronised: the connection's lock guards it.
/// </summary>
internal struct FrameQueue
{
    private const int IdOffset = 2;
    private const int LengthOffset = 10;

    private OutboundQueue _blocks;
    private Position _first;

    /// <summary>Bytes that wait, headers included.</summary>
    public long ByteCount { get; private set; }

    public readonly bool IsEmpty => ByteCount == 0;

    /// <summary>The place of the first frame, to read from with <see cref="Next"/>.</summary>
    public readonly Position Start => _first;

    /// <summary>Room for one frame, header included, at the end.</summary>
    public Span<byte> Reserve(int length)
    {
        ByteCount += length;
        return _blocks.Reserve(length);
    }

    /// <summary>The frame at a place, which moves to the one behind it; empty at the end.</summary>
    public readonly ReadOnlySpan<byte> Next(ref Position at)
    {
        if (at.Block >= _blocks.Count)
        {
            return default;
        }

        var block = _blocks.BlockAt(at.Block)[at.Offset..];
        var frame = block[..(Frame.HeaderLength + (int)BinaryPrimitives.ReadUInt32BigEndian(block[LengthOffset..]))];
        at = frame.Length == block.Length ? new Position(at.Block + 1, 0) : at with { Offset = at.Offset + frame.Length };
        return frame;
    }

    /// <summary>Takes the first frame out; its bytes must not be used after.</summary>
    public void RemoveFirst()
    {
        var next = _first;
        ByteCount -= Next(ref next).Length;
        if (next.Block != _first.Block)
        {
            _blocks.Release(_first.Block);
            if (next.Block == _blocks.Count)
            {
                _blocks.Reset();
                next = default;
            }
            else if (next.Block * 2 >= _blocks.Count)
            {
                _blocks.ForgetReleased(next.Block); // A queue that is never quite empty must not grow for good.
                next = default;
            }
        }

        _first = next;
    }

    /// <summary>Drops what waits.</summary>
    public void Clear()
    {
        _blocks.Clear(_first.Block);
        _first = default;
        ByteCount = 0;
    }

    /// <summary>The packet id of an encoded frame.</summary>
    public static ulong IdOf(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadUInt64BigEndian(frame[IdOffset..]);

    /// <summary>A place between two frames.</summary>
    public readonly record struct Position(int Block, int Offset);
}
