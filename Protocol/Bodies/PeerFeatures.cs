namespace Frontier.Protocol;

/// <summary>
/// What a peer can read beyond plain version 0x01. A dialer announces it with Conn flag <see cref="ConnBody.ExtendedFlag"/> and the member
/// <c>features</c> of its ConnData; an acceptor that knows the flag confirms the ones it shares in ConnAck. Old peers never set the flag
/// and never see the member.
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
}
