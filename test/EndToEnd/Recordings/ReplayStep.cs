using System.Buffers.Binary;
using Frontier.EndToEnd.Tests.Support;
using Frontier.Protocol;
using Frontier.Vectors;

namespace Frontier.EndToEnd.Tests.Recordings;

/// <summary>What happens in one step of a replay.</summary>
internal enum StepKind
{
    /// <summary>The peer connects.</summary>
    Open,

    /// <summary>The peer sends a frame.</summary>
    Send,

    /// <summary>The peer gets a frame.</summary>
    Receive,

    /// <summary>The peer says that it sends nothing more.</summary>
    Close,

    /// <summary>The gateway has ended the connection.</summary>
    Ended,
}

/// <summary>One step of a replay: one line of the recording.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Side">Which listener.</param>
/// <param name="Connection">The connection's number within the scenario.</param>
/// <param name="Microseconds">When it happened, since the scenario's start.</param>
/// <param name="Frame">The frame that was recorded; null where there is none.</param>
internal sealed record ReplayStep(StepKind Kind, PeerSide Side, int Connection, long Microseconds, GoFrame? Frame)
{
    /// <summary>What the peer must get as <c>error</c>, where the original said nothing.</summary>
    public string? ExpectedError { get; init; }

    /// <summary>Further steps that must be over first.</summary>
    public ReplayStep? After { get; init; }

    public static ReplayStep From(RecordedEvent line)
    {
        var kind = line.Event switch
        {
            "open" => StepKind.Open,
            "close" => line.FromPeer ? StepKind.Close : StepKind.Ended,
            _ => line.FromPeer ? StepKind.Send : StepKind.Receive,
        };
        var frame = line.IsPacket
            ? new GoFrame((FrameType)line.Bytes[1], BinaryPrimitives.ReadUInt64BigEndian(line.Bytes.AsSpan(2)), line.Bytes[GoFrame.HeaderLength..])
            : null;
        return new ReplayStep(kind, line.Listener == "edge" ? PeerSide.Edge : PeerSide.Service, line.ConnectionId, line.Microseconds, frame);
    }

    /// <summary>Whether a frame of a type goes this way on a connection, for a session.</summary>
    public bool Is(StepKind kind, FrameType type, ulong sessionId) =>
        Kind == kind && Frame is { } frame && frame.Type == type && frame.SessionId == sessionId;

    public override string ToString() => $"{Side} {Connection} at {Microseconds} µs: {Kind} {Frame}";
}
