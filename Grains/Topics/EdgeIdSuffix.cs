using System.Buffers.Binary;

namespace Frontier.Grains.Topics;

/// <summary>How a service learns which edge sent something: the edge id follows the edge's own <c>custom</c> bytes.</summary>
internal static class EdgeIdSuffix
{
    /// <summary>The <c>custom</c> bytes for a service: the edge's own, then its id in 8 bytes, big-endian.</summary>
    public static ReadOnlyMemory<byte> Append(ReadOnlyMemory<byte> custom, ulong edgeId)
    {
        var result = new byte[custom.Length + sizeof(ulong)];
        custom.CopyTo(result);
        BinaryPrimitives.WriteUInt64BigEndian(result.AsSpan(custom.Length), edgeId);
        return result;
    }
}
