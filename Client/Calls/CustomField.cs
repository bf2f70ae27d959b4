using System.Buffers.Binary;
using Frontier.Protocol;

namespace Frontier.Client;

/// <summary>The bytes beside a received payload.</summary>
internal static class CustomField
{
    /// <summary>Tells the sender's part from the gateway's.</summary>
    /// <param name="custom">All bytes.</param>
    /// <param name="fromEdges">Whether the gateway appends the sender's edge id, which is then cut off.</param>
    /// <param name="edgeId">The sender's edge id; 0 when there is none.</param>
    public static ReadOnlyMemory<byte> Split(byte[] custom, bool fromEdges, out ulong edgeId)
    {
        var length = custom.Length - Base64Text.IdLength;
        if (!fromEdges || length < 0)
        {
            edgeId = 0;
            return custom;
        }

        edgeId = BinaryPrimitives.ReadUInt64BigEndian(custom.AsSpan(length));
        return custom.AsMemory(0, length);
    }
}
