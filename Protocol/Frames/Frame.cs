using System.Buffers;

namespace Frontier.Protocol;

/// <summary>One frame as it stands in a read buffer: valid until the reader advances.</summary>
/// <param name="type">What the frame is.</param>
/// <param name="packetId">The frame's id; an answer carries the id of what it answers.</param>
/// <param name="body">Everything after the header.</param>
public readonly struct Frame(FrameType type, ulong packetId, ReadOnlySequence<byte> body)
{
    /// <summary>Bytes of the header: version, type, packet id, body length.</summary>
    public const int HeaderLength = 14;

    /// <summary>The only protocol version there is.</summary>
    public const byte Version = 0x01;

    /// <summary>What the frame is.</summary>
    public FrameType Type { get; } = type;

    /// <summary>The frame's id; an answer carries the id of what it answers.</summary>
    public ulong PacketId { get; } = packetId;

    /// <summary>Everything after the header.</summary>
    public ReadOnlySequence<byte> Body { get; } = body;
}
