namespace Frontier.Protocol;

/// <summary>
/// What a peer can read beyond plain version 0x01; see docs/protocol-extension.md. A dialer announces it with Conn flag
/// <see cref="ConnBody.ExtendedFlag"/> and the member <c>features</c> of its ConnData; an acceptor that knows the flag confirms the ones it shares in
/// ConnAck. Old peers never set the flag and never see the member.
/// </summary>
[Flags]
public enum PeerFeatures
{
    /// <summary>A plain peer.</summary>
    None = 0,

    /// <summary>Reads <see cref="FrameType.RequestCancel"/>; <c>"cancel"</c> on the wire.</summary>
    RequestCancel = 1,

    /// <summary>
    /// Limits the raw bytes of each stream by credit (<see cref="FrameType.StreamCredit"/>), so that a slow reader of one stream holds up that stream
    /// and not the whole connection; <c>"credit"</c> on the wire.
    /// </summary>
    StreamCredit = 2,

    /// <summary>Reads Message, MessageAck, Request and Response without JSON and base64 (<see cref="MessageBody"/>); <c>"binary"</c> on the wire.</summary>
    BinaryBodies = 4,

    /// <summary>Wants the stable number of an error beside its text; <c>"errors"</c> on the wire.</summary>
    ErrorCodes = 8,

    /// <summary>Goes to another gateway when it is asked to (<see cref="FrameType.Move"/>); <c>"move"</c> on the wire.</summary>
    Move = 16,

    /// <summary>
    /// Gives the gateway messages that wait for an edge which is not online; only services do, and only a gateway that keeps them confirms it;
    /// <c>"keep"</c> on the wire.
    /// </summary>
    Keep = 32,

    /// <summary>
    /// Wants the edge id it asks for or none: while another session holds it the login is refused (<see cref="FrontierErrorCode.EdgeIdInUse"/>) instead of getting a
    /// free id; <c>"exactid"</c> on the wire. Who gives ids by a service or not at all says so by giving another one.
    /// </summary>
    ExactId = 64,

    /// <summary>
    /// Knows the two ways in which one direction of a stream ends before its time: its sender aborts it (a Dismiss with an error, which then says nothing of the
    /// other direction), or its receiver wants no more (<see cref="FrameType.StreamStop"/>); <c>"abort"</c> on the wire.
    /// </summary>
    StreamAbort = 128,

    /// <summary>
    /// Says and is told how much time a request or message has left (<see cref="MessageBody.Timeout"/>) instead of when it ends, so that no two clocks
    /// need to agree; <c>"remaining"</c> on the wire.
    /// </summary>
    RemainingTime = 256,

    /// <summary>All that this version knows.</summary>
    All = RequestCancel | StreamCredit | BinaryBodies | ErrorCodes | Move | Keep | ExactId | StreamAbort | RemainingTime,
}
