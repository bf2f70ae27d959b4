using System.Buffers.Binary;

namespace Frontier.Protocol;

// The message window: how many Message frames may be unacknowledged at the peer. A Go end stops for good, or drops messages, when more of them come than
// its application has taken: it hands out messages and takes acknowledgements on one goroutine, with room for 32. What is beyond the window waits here,
// in order. Requests need none: a Go end runs each on a goroutine of its own, so an unanswered one is with its handler and takes no room in a queue.
public abstract partial class GeminioConnection
{
    // What is given up by its deadline stays with the peer and counts on, until the peer acknowledges it late. A peer that acknowledges nothing for so long does
    // not acknowledge at all, and gets a window more.
    private const long StaleMilliseconds = 30_000;

    private FrameQueue _waiting;
    private QueueShare _waitingShare;
    private int _messageWindow = int.MaxValue;
    private int _unacknowledged;
    private int _overdue;
    private long _overdueSince;

    /// <summary>Messages for the peer that wait until it acknowledges others, in bytes.</summary>
    internal long WaitingMessageBytes
    {
        get
        {
            lock (_gate)
            {
                return _waiting.ByteCount;
            }
        }
    }

    private bool MustWait => _unacknowledged >= _messageWindow || !_waiting.IsEmpty;

    // What may still be sent to the peer: not once either side has begun to close.
    private bool MayRelease => !_writeClosed && AcceptsTraffic && !_rootDismissReceived && !_rootDismissSent;

    private static int ToWindow(int announced) => announced > 0 ? announced : int.MaxValue;

    // Reserves a Message that is sent now or, beyond the window, later; the caller holds the lock and fills the body.
    private Span<byte> BeginMessage(in PendingReply pending, int bodyLength)
    {
        if (pending.IsWaiting)
        {
            var length = Frame.HeaderLength + bodyLength;
            if (_waitingShare.IsCounting || FairShare.IsTight(_outboundBytes + _waiting.ByteCount + length, Options.MaxOutboundBytes))
            {
                _waitingShare.Add(pending.Source, length, _waiting.ByteCount);
            }

            return FrameCodec.WriteHeader(_waiting.Reserve(length), FrameType.Message, pending.PacketId, bodyLength);
        }

        _unacknowledged++;
        return Begin(FrameType.Message, pending.PacketId, bodyLength, pending.Source);
    }

    // The caller holds the lock. True when something is to be flushed.
    private bool NoteAcknowledged(in PendingReply pending)
    {
        if (!pending.IsWaiting) // A peer may acknowledge what it has not been sent.
        {
            _unacknowledged--;
        }

        _overdueSince = _lastHeard;
        return ReleaseWaiting();
    }

    private bool NoteAcknowledgedLate()
    {
        if (_overdue == 0)
        {
            return false;
        }

        _overdue--;
        _unacknowledged--;
        _overdueSince = _lastHeard;
        return ReleaseWaiting();
    }

    // Nobody waits for the acknowledgement any more, but the peer has the message.
    private void NoteGivenUp(in PendingReply pending)
    {
        if (pending is { Type: FrameType.Message, IsWaiting: false } && _overdue++ == 0)
        {
            _overdueSince = Environment.TickCount64;
        }
    }

    private bool ForgetOverdue(long now)
    {
        if (_overdue == 0 || now < StaleAt)
        {
            return false;
        }

        _unacknowledged -= _overdue;
        _overdue = 0;
        return ReleaseWaiting();
    }

    private long StaleAt => _overdueSince + StaleMilliseconds;

    // Sends what waits as far as the window allows, and drops what has been given up meanwhile. The caller holds the lock. True when something was sent.
    private bool ReleaseWaiting()
    {
        var released = false;
        while (!_waiting.IsEmpty)
        {
            var at = _waiting.Start;
            var frame = _waiting.Next(ref at);
            if (_pending.IsWaiting(FrameQueue.IdOf(frame)))
            {
                if (_unacknowledged >= _messageWindow || !MayRelease)
                {
                    break;
                }

                Release(frame);
                released = true;
            }

            _waitingShare.Remove(frame.Length);
            _waiting.RemoveFirst();
        }

        return released;
    }

    private void Release(ReadOnlySpan<byte> frame)
    {
        NoteQueued(frame.Length, _pending.SetSent(FrameQueue.IdOf(frame)));
        _unacknowledged++;
        _lastStream = null;
        frame.CopyTo(_outbound.Reserve(frame.Length));
    }

    // A session is about to end: what waits for it goes first, whatever the window, since it would be lost behind the end. The caller holds the lock.
    private void ReleaseSession(ulong sessionId)
    {
        for (var at = _waiting.Start; _waiting.Next(ref at) is { IsEmpty: false } frame;)
        {
            if (BinaryPrimitives.ReadUInt64BigEndian(frame[Frame.HeaderLength..]) == sessionId && _pending.IsWaiting(FrameQueue.IdOf(frame)) && MayRelease)
            {
                Release(frame); // Its copy in the queue is dropped when its turn comes.
            }
        }
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
