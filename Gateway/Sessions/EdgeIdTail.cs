using System.Buffers.Binary;

namespace Frontier.Gateway;

/// <summary>The edge id at the end of <c>custom</c>, on decoded bytes.</summary>
internal static class EdgeIdTail
{
    /// <summary>The bytes with an edge id behind them.</summary>
    public static byte[] Append(ReadOnlySpan<byte> custom, ulong edgeId)
    {
        var bytes = new byte[custom.Length + sizeof(ulong)];
        custom.CopyTo(bytes);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(custom.Length), edgeId);
        return bytes;
    }
}
