using System.Buffers;
using System.Runtime.CompilerServices;

namespace Frontier.Protocol;

/// <summary>
/// Bytes waiting to be written to one connection, in pooled blocks. A frame is always reserved as one contiguous span, so it is encoded in
/// place. Holds no memory while empty. Not synchronised: the connection's lock guards it.
/// </summary>
internal struct OutboundQueue
{
    // Small frames share a block; a frame that is larger than the next block gets one of its own. Most connections never have more than a few frames waiting
    // and need one small block. Each further one is twice as large as the one before, up to 64 KiB, the largest that is not a large object: the pool keeps some
    // dozens of arrays of each size, so that the blocks of a thousand answers would be made anew each time if all were small.
    private const int FirstBlockBytes = 4 * 1024;
    private const int MaxDoublings = 4;

    // The pool's smallest array.
    private const int InitialBlocks = 16;

    private Block[]? _blocks;
    private int _count;

    public readonly bool IsEmpty => _count == 0;

    /// <summary>Bytes that wait.</summary>
    public readonly long ByteCount
    {
        get
        {
            var bytes = 0L;
            for (var i = 0; i < _count; i++)
            {
                bytes += _blocks![i].Length;
            }

            return bytes;
        }
    }

    /// <summary>Room for one frame at the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Reserve(int length)
    {
        if (_count != 0)
        {
            ref var last = ref _blocks![_count - 1];
            var at = last.Length;
            if (last.Bytes.Length - at >= length)
            {
                last.Length = at + length;
                return last.Bytes.AsSpan(at, length);
            }
        }

        return AddBlock(length);
    }

    /// <summary>Makes the frame at the end larger, in place.</summary>
    /// <param name="length">Its length.</param>
    /// <param name="extra">How much to add.</param>
    /// <returns>The frame with what was added.</returns>
    public Span<byte> Extend(int length, int extra)
    {
        ref var last = ref _blocks![_count - 1];
        if (last.Bytes.Length - last.Length >= extra)
        {
            last.Length += extra;
            return last.Bytes.AsSpan(last.Length - length - extra, length + extra);
        }

        // Moved once at most: to a block that has room for a frame of 64 KiB.
        var bytes = ArrayPool<byte>.Shared.Rent(Math.Max(length + extra, FirstBlockBytes << MaxDoublings));
        last.Bytes.AsSpan(last.Length - length, length).CopyTo(bytes);
        if (last.Length == length)
        {
            ArrayPool<byte>.Shared.Return(last.Bytes);
            last = new Block { Bytes = bytes, Length = length + extra };
        }
        else
        {
            last.Length -= length;
            if (_count == _blocks.Length)
            {
                GrowBlocks();
            }

            _blocks[_count++] = new Block { Bytes = bytes, Length = length + extra };
        }

        return bytes.AsSpan(0, length + extra);
    }

    /// <summary>Moves everything into <paramref name="target"/>, which must be empty; the two swap their arrays.</summary>
    public void MoveTo(ref OutboundQueue target) => (this, target) = (target, this);

    public readonly ReadOnlySpan<byte> BlockAt(int index) => _blocks![index].Bytes.AsSpan(0, _blocks[index].Length);

    public readonly int Count => _count;

    /// <summary>Gives one block's memory back; the block must not be used after.</summary>
    public readonly void Release(int index)
    {
        ArrayPool<byte>.Shared.Return(_blocks![index].Bytes);
        _blocks[index] = default;
    }

    /// <summary>Forgets the first blocks, which have been released.</summary>
    public void ForgetReleased(int blocks)
    {
        _count -= blocks;
        Array.Copy(_blocks!, blocks, _blocks!, 0, _count);
        Array.Clear(_blocks!, _count, blocks);
    }

    /// <summary>Forgets the blocks, which have all been released.</summary>
    public void Reset()
    {
        _count = 0;
        ReturnBlocks();
    }

    /// <summary>Drops what waits.</summary>
    public void Clear(int from = 0)
    {
        for (var i = from; i < _count; i++)
        {
            Release(i);
        }

        _count = 0;
        ReturnBlocks();
    }

    private Span<byte> AddBlock(int length)
    {
        if (_blocks is null)
        {
            _blocks = ArrayPool<Block>.Shared.Rent(InitialBlocks);
        }
        else if (_count == _blocks.Length)
        {
            GrowBlocks();
        }

        var bytes = ArrayPool<byte>.Shared.Rent(Math.Max(length, FirstBlockBytes << Math.Min(_count, MaxDoublings)));
        _blocks[_count++] = new Block { Bytes = bytes, Length = length };
        return bytes.AsSpan(0, length);
    }

    private void GrowBlocks()
    {
        var old = _blocks!;
        _blocks = ArrayPool<Block>.Shared.Rent(_count * 2);
        old.CopyTo(_blocks, 0);
        ArrayPool<Block>.Shared.Return(old, clearArray: true);
    }

    // Pooled, too: an idle connection keeps none, and a burst does not have to make its own each time. Every block has been released, so it is clean.
    private void ReturnBlocks()
    {
        if (_blocks is { } blocks)
        {
            _blocks = null;
            ArrayPool<Block>.Shared.Return(blocks);
        }
    }

    private struct Block
    {
        public byte[] Bytes;
        public int Length;
    }
}
