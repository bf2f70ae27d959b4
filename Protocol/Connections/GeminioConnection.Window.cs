namespace Frontier.Protocol;

// The message window: how many Message frames of a session may be unacknowledged at the peer. A Go end stops for good, or drops messages, when more of them come than
// its application has taken: it hands out messages and takes acknowledgements on one goroutine, with room for 32. What is beyond the window waits here,
// in order. Requests need none: a Go end runs each on a goroutine of its own, so an unanswered one is with its handler and takes no room in a queue.
public abstract partial class GeminioConnection
{
    private readonly List<MessageLane> _waitingLanes = [];
    private MessageLane? _rootLane;
    private QueueShare _waitingShare;
    private long _waitingBytes;
    private int _messageWindow = int.MaxValue;

    /// <summary>Messages for the peer that wait until it acknowledges others, in bytes.</summary>
    internal long WaitingMessageBytes
    {
        get
        {
            lock (_gate)
            {
                return _waitingBytes;
            }
        }
    }

    // What may still be sent to the peer: not once either side has begun to close.
    private bool MayRelease => !_writeClosed && AcceptsTraffic && !_rootDismissReceived && !_rootDismissSent;

    private static int ToWindow(int announced) => announced > 0 ? announced : int.MaxValue;

    // The lane of a session; null for one that has ended, which has no window any more. The caller holds the lock.
    private MessageLane? LaneOf(ulong sessionId) => sessionId == RootSessionId
        ? _rootLane ??= new MessageLane()
        : _sessions is not null && _sessions.TryGetValue(sessionId, out var session) && !session.DismissSent ? session.Lane ??= new MessageLane() : null;

    // The same for what was sent while there was one. The caller holds the lock.
    private MessageLane? FindLane(ulong sessionId) => sessionId == RootSessionId
        ? _rootLane
        : _sessions is not null && _sessions.TryGetValue(sessionId, out var session) ? session.Lane : null;

    private bool MustWait(MessageLane? lane) => lane is not null && (lane.Unacknowledged >= _messageWindow || !lane.Waiting.IsEmpty);

    // Reserves a Message that is sent now or, beyond the window, later; the caller holds the lock and fills the body.
    private Span<byte> BeginMessage(MessageLane? lane, in PendingReply pending, int bodyLength)
    {
        if (pending.IsWaiting)
        {
            var length = Frame.HeaderLength + bodyLength;
            if (_waitingShare.IsCounting || FairShare.IsTight(_outboundBytes + _waitingBytes + length, Options.MaxOutboundBytes))
            {
                _waitingShare.Add(pending.Source, length, _waitingBytes);
            }

            if (lane!.Waiting.IsEmpty)
            {
                _waitingLanes.Add(lane);
            }

            _waitingBytes += length;
            return FrameCodec.WriteHeader(lane.Waiting.Reserve(length), FrameType.Message, pending.PacketId, bodyLength);
        }

        lane?.NoteSent();
        return Begin(FrameType.Message, pending.PacketId, bodyLength, pending.Source);
    }

    // The caller holds the lock. True when something is to be flushed.
    private bool NoteAcknowledged(in PendingReply pending)
    {
        if (FindLane(pending.TargetSessionId) is not { } lane)
        {
            return false;
        }

        lane.NoteAcknowledged(counted: !pending.IsWaiting, _lastHeard);
        return ReleaseWaiting(lane);
    }

    private bool NoteAcknowledgedLate(ulong sessionId) =>
        FindLane(sessionId) is { } lane && lane.TryNoteAcknowledgedLate(_lastHeard) && ReleaseWaiting(lane);

    // Nobody waits for the acknowledgement any more, but the peer has the message.
    private void NoteGivenUp(in PendingReply pending)
    {
        if (pending is { Type: FrameType.Message, IsWaiting: false })
        {
            FindLane(pending.TargetSessionId)?.NoteGivenUp(Environment.TickCount64);
        }
    }

    // Sends what waits and now may go, and drops what has been given up meanwhile. The caller holds the lock. True when something was sent.
    private bool ReleaseWaiting(long now)
    {
        var released = false;
        for (var i = _waitingLanes.Count - 1; i >= 0; i--)
        {
            _waitingLanes[i].ForgetStale(now);
            released |= ReleaseWaiting(_waitingLanes[i]);
        }

        return released;
    }

    private bool ReleaseWaiting(MessageLane lane, bool whole = false)
    {
        if (lane.Waiting.IsEmpty)
        {
            return false;
        }

        var released = false;
        while (!lane.Waiting.IsEmpty)
        {
            var at = lane.Waiting.Start;
            var frame = lane.Waiting.Next(ref at);
            if (_pending.IsWaiting(FrameQueue.IdOf(frame)))
            {
                if ((lane.Unacknowledged >= _messageWindow && !whole) || !MayRelease)
                {
                    return released;
                }

                NoteQueued(frame.Length, _pending.SetSent(FrameQueue.IdOf(frame)));
                lane.NoteSent();
                _lastStream = null;
                frame.CopyTo(_outbound.Reserve(frame.Length));
                released = true;
            }

            _waitingShare.Remove(frame.Length);
            _waitingBytes -= frame.Length;
            lane.Waiting.RemoveFirst();
        }

        _waitingLanes.Remove(lane);
        return released;
    }

    // A session is about to end: what waits for it goes first, whatever the window, since it would be lost behind the end. The caller holds the lock.
    private void ReleaseSession(StreamSession session)
    {
        if (session.Lane is { } lane)
        {
            ReleaseWaiting(lane, whole: true);
        }
    }

    private void DropWaiting()
    {
        _waitingLanes.ForEach(lane => lane.Waiting.Clear());
        _waitingLanes.Clear();
        _waitingShare.Clear();
        _waitingBytes = 0;
    }

    /// <summary>Takes the acknowledgement of a message whose sender has gone before it was sent.</summary>
    private sealed class NoSink : IReplySink
    {
        public static readonly NoSink Instance = new();

        public void OnReply(GeminioConnection source, in PendingReply pending, FrameType type, ReadOnlySpan<byte> body)
        {
        }

        public void OnReplyLost(GeminioConnection source, in PendingReply pending, ReplyLoss loss)
        {
        }
    }
}
