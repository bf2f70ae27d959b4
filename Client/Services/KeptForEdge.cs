using System.Buffers.Binary;
using System.Text;

namespace Frontier.Client;

/// <summary>A message that may wait for its edge, as a service gives it to the gateway (docs/protocol-extension.md, "keep").</summary>
internal static class KeptForEdge
{
    public const string Method = "keep_for_edge";
    public const string OutcomeMethod = "edge_message_outcome";

    private const int HeaderLength = sizeof(long) + sizeof(ushort);

    /// <summary>The payload of the call: <c>timeToLive(8, milliseconds) topicLength(2) topic payload</c>.</summary>
    /// <exception cref="FrontierException">The topic is too long (TooLarge).</exception>
    public static byte[] Pack(string topic, ReadOnlyMemory<byte> payload, TimeSpan timeToLive)
    {
        var length = Encoding.UTF8.GetByteCount(topic);
        if (length > ushort.MaxValue)
        {
            throw new FrontierException(FrontierErrorCode.TooLarge, $"A topic may have {ushort.MaxValue} bytes here.");
        }

        var bytes = new byte[HeaderLength + length + payload.Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Math.Max(1, (long)timeToLive.TotalMilliseconds));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(sizeof(long)), (ushort)length);
        Encoding.UTF8.GetBytes(topic, bytes.AsSpan(HeaderLength));
        payload.CopyTo(bytes.AsMemory(HeaderLength + length));
        return bytes;
    }
}
