namespace Frontier.Protocol;

/// <summary>
/// One session beside session 1: a stream, at this end of it. Its state belongs to the connection's lock; what it is for (a stream joined to one on
/// another connection, or an application's stream) hangs on <see cref="Owner"/>.
/// </summary>
public sealed class StreamSession
{
    internal StreamSession(GeminioConnection connection, ulong id)
    {
        Connection = connection;
        Id = id;
    }

    /// <summary>The connection it is on.</summary>
    public GeminioConnection Connection { get; }

    /// <summary>The id both sides use.</summary>
    public ulong Id { get; }

    /// <summary>What the session is for; set by whoever opens or accepts it, before it sees a frame.</summary>
    public object? Owner { get; set; }

    /// <summary>The peer sends nothing more: its Dismiss came, and what may have followed it has been awaited.</summary>
    public bool IsFinished { get; internal set; }

    /// <summary>The peer's Dismiss came.</summary>
    public bool DismissReceived { get; internal set; }

    /// <summary>
    /// The peer ended its half in good order. A session that finished without was cut, here or behind the peer, and what was received of it may not be all.
    /// </summary>
    public bool EndedInOrder => DismissReceived && !DismissedWithError;

    /// <summary>
    /// The text with which a Dismiss aborts one direction, from and to peers with <see cref="PeerFeatures.StreamAbort"/>. Any other, and any from a peer without, says
    /// that both are over.
    /// </summary>
    public static ReadOnlySpan<byte> AbortedText => "stream aborted"u8;

    /// <summary>Both directions are over before their time: the connection is gone, or the peer said that the stream was cut behind it.</summary>
    public bool IsCut => IsFinished && (!DismissReceived || (DismissedWithError && !AbortedHalf));

    /// <summary>The peer wants no more raw bytes.</summary>
    public bool IsStopped { get; internal set; }

    /// <summary><see cref="IsStopped"/> because the stream was cut behind the peer; what came before that may still be on its way.</summary>
    public bool IsStoppedByCut { get; internal set; }

    /// <summary>Raw bytes that this side may still send; meaningful with <see cref="PeerFeatures.StreamCredit"/>.</summary>
    internal long SendCredit { get; set; } = GeminioConnection.StreamWindow;

    /// <summary>Raw bytes that the peer may still send.</summary>
    internal long ReceiveCredit { get; set; } = GeminioConnection.StreamWindow;

    /// <summary>Raw bytes that were taken and of which the peer has not been told.</summary>
    internal long Ungranted { get; set; }

    /// <summary>Whoever waits for credit.</summary>
    internal TaskCompletionSource? CreditWaiter { get; set; }

    /// <summary>Towards a plain peer: what waits to be sent, and when it may leave. Null before the first byte.</summary>
    internal StreamPace? Pace { get; set; }

    /// <summary>Messages for the peer. Null before the first.</summary>
    internal MessageLane? Lane { get; set; }

    internal bool StopSent { get; set; }

    internal bool DismissedWithError { get; set; }

    internal bool AbortedHalf { get; set; }

    internal ulong DismissPacketId { get; set; }

    internal bool DismissSent { get; set; }

    internal bool DismissAcked { get; set; }

    internal long LingerUntil { get; set; }
}
