using System.Numerics;

namespace Frontier.Load;

/// <summary>Arrays of a loop, by powers of two. Of one thread, so without locks; idle connections hold none.</summary>
internal sealed class BufferPool
{
    /// <summary>The smallest array, in bytes.</summary>
    public const int Smallest = 4096;

    private readonly Stack<byte[]>[] _free = [.. Enumerable.Range(0, 32).Select(_ => new Stack<byte[]>())];

    /// <summary>An array of at least this length.</summary>
    public byte[] Rent(int length)
    {
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(length, Smallest));
        return _free[BitOperations.Log2((uint)size)].TryPop(out var array) ? array : GC.AllocateUninitializedArray<byte>(size);
    }

    /// <summary>Takes an array back.</summary>
    public void Return(byte[] array) => _free[BitOperations.Log2((uint)array.Length)].Push(array);
}
