namespace Frontier.Gateway;

/// <summary>
/// Puts many small pieces into few arrays. The arrays are not used again: whoever got a piece may keep it as long as it likes. Not for several threads at once.
/// </summary>
internal sealed class ChunkWriter
{
    // Below the size from which the runtime treats an array as a large one (85,000 bytes).
    private const int ChunkSize = 64 << 10;
    // A lane with little traffic must not cost a whole chunk for each message.
    private const int FirstChunkSize = 1 << 10;

    private byte[] _chunk = [];
    private int _used;

    /// <summary>Room for a piece; a large one has an array of its own.</summary>
    public Memory<byte> Take(int length)
    {
        if (length == 0)
        {
            return default;
        }

        if (length > ChunkSize / 4)
        {
            return GC.AllocateUninitializedArray<byte>(length);
        }

        if (_chunk.Length - _used < length)
        {
            _chunk = GC.AllocateUninitializedArray<byte>(Math.Max(length, Math.Clamp(_chunk.Length * 4, FirstChunkSize, ChunkSize)));
            _used = 0;
        }

        var piece = _chunk.AsMemory(_used, length);
        _used += length;
        return piece;
    }
}
