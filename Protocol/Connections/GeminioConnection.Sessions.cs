using System.Buffers;
using System.Buffers.Binary;

namespace Frontier.Protocol;

public abstract partial class GeminioConnection
{
    /// <summary>The session that every connection has from ConnAck on.</summary>
    public const ulong RootSessionId = 1;

    // What Go ends wait for a session's closing handshake before they forget it.
    private const long SessionCloseMilliseconds = 30_000;

    private const int StreamStopLength = sizeof(ulong) + 1;
    private const byte StoppedByCut = 1;

    private Dictionary<ulong, StreamSession>? _sessions;
    private List<StreamSession>? _closingSessions;

    /// <summary>Sessions open beside session 1.</summary>
    public int SessionCount
    {
        get
        {
            lock (_gate)
            {
                return _sessions?.Count ?? 0;
            }
        }
    }

    /// <summary>
    /// Asks the peer to open a session. The answer is a SessionAck; the sink then calls <see cref="AddSession"/>. The connection chooses
    /// <see cref="SessionBody.NegotiateId"/>.
    /// </summary>
    public SendOutcome TryOpenSession(SessionBody body, PendingReply pending)
    {
        lock (_gate)
        {
            var outcome = (_sessions?.Count ?? 0) >= Options.MaxSessions ? SendOutcome.TooManyInFlight : ReservePending();
            if (outcome != SendOutcome.Sent)
            {
                return outcome;
            }

            // A packet id is unique among this side's numbers and has this side's parity: just what a session's number needs.
            body.NegotiateId = NextPacketId();
            body.Flags = Role == ConnectionRole.Dialer ? SessionBody.ChooseIdFlag : (byte)0;
            AddPending(FrameType.Session, ref pending);
            body.WriteSession(Begin(FrameType.Session, pending.PacketId, body.GetSessionLength()));
        }

        ScheduleDeadline(pending.Deadline);
        Flush();
        return SendOutcome.Sent;
    }

    /// <summary>Files a session that the peer agreed to; on the read loop, in the sink's OnReply, so that no frame of it is missed.</summary>
    /// <exception cref="ProtocolViolationException">The id is in use or not one the peer may choose.</exception>
    public StreamSession AddSession(ulong sessionId, object owner)
    {
        lock (_gate)
        {
            return NewSession(sessionId, owner);
        }
    }

    /// <summary>Agrees to a session that the peer asked for.</summary>
    /// <remarks>The session id is the opener's own number: a Go opener finds frames by it until its open call has returned.</remarks>
    public void AcceptSession(StreamSession session, ulong packetId)
    {
        ArgumentNullException.ThrowIfNull(session);
        var ack = new SessionBody { NegotiateId = session.Id, SessionId = session.Id };
        lock (_gate)
        {
            if (_writeClosed)
            {
                return;
            }

            ack.WriteSessionAck(Begin(FrameType.SessionAck, packetId, ack.GetSessionAckLength()));
        }

        Flush();
    }

    /// <summary>Refuses a session that the peer asked for: SessionAck with the error, which Go openers overlook, and an end of stream, which they see.</summary>
    /// <param name="session">The session.</param>
    /// <param name="packetId">The id of the frame that asked for it.</param>
    /// <param name="error">Why, as it stands between the quotes.</param>
    /// <param name="edge">Between gateways: the edge that is not there; see <see cref="SessionBody.Edge"/>.</param>
    /// <param name="service">Between gateways: the service that is not there.</param>
    /// <param name="code">The error's stable number, for peers that want it; null for none.</param>
    public void RefuseSession(StreamSession session, ulong packetId, ReadOnlySpan<byte> error, ulong edge = 0, ulong service = 0, int? code = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        session.Owner = null;
        var ack = new SessionBody { NegotiateId = session.Id, SessionId = session.Id, Error = error, ErrorCode = CodeForPeer(code), Edge = edge, Service = service };
        lock (_gate)
        {
            if (_writeClosed)
            {
                return;
            }

            ack.WriteSessionAck(Begin(FrameType.SessionAck, packetId, ack.GetSessionAckLength()));
            WriteDismiss(session, error);
        }

        ScheduleTimer();
        Flush();
    }

    /// <summary>
    /// Ends this side's half of a session; everything sent before reaches the peer first, but for bytes that wait for a plain peer when the stream was cut.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="error">Why it ends before its time, as it stands between quotes; empty when everything was sent.</param>
    public void Dismiss(StreamSession session, ReadOnlySpan<byte> error = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        lock (_gate)
        {
            if (_writeClosed || session.DismissSent)
            {
                return;
            }

            if (!error.IsEmpty && !error.SequenceEqual(StreamSession.AbortedText))
            {
                DropPaced(session);
                WriteDismiss(session, error);
            }
            else if (!TryEndLater(session, error))
            {
                WriteDismiss(session, error);
            }
        }

        ScheduleTimer();
        Flush();
    }

    /// <summary>
    /// Tells the peer that no more raw bytes of a session are wanted; those that come all the same are the caller's to drop. Does nothing without
    /// <see cref="PeerFeatures.StreamAbort"/>, and when the peer has ended its half.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="isCut">Whether the stream was cut; otherwise its reader left.</param>
    public void StopStream(StreamSession session, bool isCut = false)
    {
        ArgumentNullException.ThrowIfNull(session);
        lock (_gate)
        {
            if ((PeerFeatures & PeerFeatures.StreamAbort) == 0 || _writeClosed || session.StopSent || session.DismissReceived)
            {
                return;
            }

            session.StopSent = true;
            var output = Begin(FrameType.StreamStop, NextPacketId(), StreamStopLength);
            BinaryPrimitives.WriteUInt64BigEndian(output, session.Id);
            output[sizeof(ulong)] = isCut ? StoppedByCut : (byte)0;
        }

        Flush();
    }

    /// <summary>The peer wants no more raw bytes of a session (<see cref="StreamSession.IsStopped"/>): what is sent is dropped.</summary>
    protected virtual void OnStreamStopped(StreamSession session)
    {
    }

    /// <summary>The peer asks for a session, which is filed already. Set its owner, then <see cref="AcceptSession"/>, or <see cref="RefuseSession"/>.</summary>
    protected abstract void OnSessionOpen(StreamSession session, ulong packetId, in SessionBody body);

    /// <summary>Raw bytes came on a session.</summary>
    /// <returns>False to be offered the same bytes again after <see cref="StallReading"/>.</returns>
    protected abstract bool OnStream(StreamSession session, in ReadOnlySequence<byte> data);

    /// <summary>The peer sends nothing more on a session, or the connection is gone.</summary>
    protected abstract void OnSessionFinished(StreamSession session);

    private StreamSession? FindSession(ulong sessionId)
    {
        lock (_gate)
        {
            return _sessions is not null && _sessions.TryGetValue(sessionId, out var session) ? session : null;
        }
    }

    private StreamSession NewSession(ulong sessionId, object? owner)
    {
        _sessions ??= [];
        var session = new StreamSession(this, sessionId) { Owner = owner };
        if (sessionId is 0 or RootSessionId || !_sessions.TryAdd(sessionId, session))
        {
            ProtocolViolationException.Throw(DisconnectReason.UnexpectedFrame, "a session id that is taken or reserved");
        }

        return session;
    }

    private void WriteDismiss(StreamSession session, ReadOnlySpan<byte> error)
    {
        ReleaseSession(session);
        session.DismissSent = true;
        session.DismissPacketId = NextPacketId();
        session.LingerUntil = Math.Max(session.LingerUntil, Environment.TickCount64 + SessionCloseMilliseconds);
        session.CreditWaiter?.TrySetResult(); // Nothing more is sent, so nobody need wait to send.
        Track(session);
        var dismiss = new SessionBody { SessionId = session.Id, Error = error };
        dismiss.WriteDismiss(Begin(FrameType.Dismiss, session.DismissPacketId, dismiss.GetDismissLength()));
    }

    private void Track(StreamSession session)
    {
        _closingSessions ??= [];
        if (!_closingSessions.Contains(session))
        {
            _closingSessions.Add(session);
        }
    }

    private void HandleSession(ulong packetId, ReadOnlySpan<byte> body)
    {
        var open = SessionBody.ParseSession(body);
        KeepContractMembers(ref open);
        StreamSession session;
        bool full;
        lock (_gate)
        {
            full = (_sessions?.Count ?? 0) >= Options.MaxSessions;
            if (full && _sessions!.Count >= 2 * Options.MaxSessions)
            {
                // Refused sessions wait for their closing handshake; a peer that ignores all refusals gets no more of them.
                ProtocolViolationException.Throw(DisconnectReason.UnexpectedFrame, "sessions opened far beyond the limit");
            }

            session = NewSession(open.NegotiateId, null);
        }

        if (_isCutOff)
        {
            RefuseSession(session, packetId, ConnectionLostText, code: (int)FrontierErrorCode.ConnectionLost);
        }
        else if (full)
        {
            OnLimitReached(ConnectionLimit.TooManyStreams);
            RefuseSession(session, packetId, "too many streams"u8);
        }
        else if (Base64Text.GetDecodedLength(open.Meta) > Options.MaxMetaBytes || open.Peer.Length > Options.MaxNameBytes)
        {
            OnLimitReached(open.Peer.Length > Options.MaxNameBytes ? ConnectionLimit.NameTooLarge : ConnectionLimit.MetaTooLarge);
            RefuseSession(session, packetId, "too large"u8);
        }
        else
        {
            OnSessionOpen(session, packetId, open);
        }
    }

    private bool HandleStream(ulong packetId, in ReadOnlySequence<byte> body)
    {
        if (body.Length < sizeof(ulong))
        {
            ProtocolViolationException.Throw(DisconnectReason.TruncatedBody, $"stream bytes in a body of {body.Length}");
        }

        Span<byte> id = stackalloc byte[sizeof(ulong)];
        body.Slice(0, sizeof(ulong)).CopyTo(id);
        var session = FindSession(BinaryPrimitives.ReadUInt64BigEndian(id));
        if (session is null || session.IsFinished)
        {
            IgnoredFrames++;
            return true;
        }

        CheckCredit(session);
        if (session.Owner is null)
        {
            IgnoredFrames++;
            GrantStream(session, body.Length - sizeof(ulong));
        }
        else if (body.Length > sizeof(ulong) && !OnStream(session, body.Slice(sizeof(ulong))))
        {
            return false;
        }

        TakeCredit(session, body.Length - sizeof(ulong));
        return true;
    }

    private void HandleStreamStop(ReadOnlySpan<byte> body)
    {
        if ((PeerFeatures & PeerFeatures.StreamAbort) == 0)
        {
            ProtocolViolationException.Throw(DisconnectReason.UnknownFrameType, "a stream stop that was not agreed on");
        }

        if (body.Length < StreamStopLength)
        {
            ProtocolViolationException.Throw(DisconnectReason.TruncatedBody, $"a stream stop of {body.Length} bytes");
        }

        if (FindSession(BinaryPrimitives.ReadUInt64BigEndian(body)) is not { } session)
        {
            IgnoredFrames++; // The session ended meanwhile.
            return;
        }

        lock (_gate)
        {
            session.IsStopped = true;
            session.IsStoppedByCut = body[sizeof(ulong)] == StoppedByCut;
            session.Pace?.Drop(); // And no more, for the end of this half may still be due.
            session.CreditWaiter?.TrySetResult();
        }

        if (session.Owner is not null)
        {
            OnStreamStopped(session);
        }
    }

    private void HandleDismiss(ulong packetId, ReadOnlySpan<byte> body)
    {
        var dismiss = SessionBody.ParseDismiss(body);
        StreamSession? session;
        var linger = false;
        lock (_gate)
        {
            if (!_writeClosed)
            {
                var ack = new SessionBody { SessionId = dismiss.SessionId };
                ack.WriteDismiss(Begin(FrameType.DismissAck, packetId, ack.GetDismissLength()));
            }

            if (dismiss.SessionId == RootSessionId)
            {
                ReceiveRootDismiss();
                session = null;
            }
            else if (_sessions is null || !_sessions.TryGetValue(dismiss.SessionId, out session) || session.DismissReceived)
            {
                IgnoredFrames++;
                session = null;
            }
            else
            {
                session.DismissReceived = true;
                session.DismissedWithError = !dismiss.Error.IsEmpty;
                session.AbortedHalf = (PeerFeatures & PeerFeatures.StreamAbort) != 0 && dismiss.Error.SequenceEqual(StreamSession.AbortedText);
                linger = MayHaveOvertakenData(packetId);
                if (linger)
                {
                    session.LingerUntil = Environment.TickCount64 + (long)Options.DismissLinger.TotalMilliseconds;
                    Track(session);
                }
            }
        }

        Flush();
        if (session is null)
        {
            return;
        }

        if (linger)
        {
            ScheduleTimer();
        }
        else
        {
            Finish(session);
        }
    }

    private void HandleDismissAck(ulong packetId, ReadOnlySpan<byte> body)
    {
        var ack = SessionBody.ParseDismiss(body);
        StreamSession? session = null;
        lock (_gate)
        {
            if (ack.SessionId == RootSessionId)
            {
                ReceiveRootDismissAck();
            }
            else if (_sessions is not null && _sessions.TryGetValue(ack.SessionId, out session) && session.DismissSent && session.DismissPacketId == packetId)
            {
                session.DismissAcked = true;
            }
            else
            {
                IgnoredFrames++;
                session = null;
            }
        }

        Flush();
        if (session is { DismissReceived: true })
        {
            Finish(session); // The peer has worked through its queue to get here: nothing is missing any more.
        }
    }

    // Go peers count every frame they send in steps of two and use one number more for each request and message. When the numbers go on without
    // a gap, nothing that was numbered before this Dismiss is still to come.
    private bool MayHaveOvertakenData(ulong packetId) => (uint)packetId - (uint)_lastPacketId is not (0 or 2);

    private void NoteReceived(FrameType type, ulong packetId)
    {
        switch (type)
        {
            case FrameType.Request or FrameType.Message:
                packetId += 2;
                break;
            case FrameType.Conn or FrameType.Move or FrameType.Session or FrameType.Stream or FrameType.StreamCredit or FrameType.StreamStop
                or FrameType.Register or FrameType.Dismiss or FrameType.Heartbeat or FrameType.DisConn:
                break;
            default:
                return; // Answers carry this side's numbers.
        }

        if (type is FrameType.Conn or FrameType.Heartbeat or FrameType.Register or FrameType.Session)
        {
            _peerClock.NoteOther((uint)(packetId >> 32), _readAt);
        }

        if (packetId > _lastPacketId)
        {
            _lastPacketId = packetId;
        }
    }

    private void Finish(StreamSession session)
    {
        bool first;
        lock (_gate)
        {
            first = !session.IsFinished;
            session.IsFinished = true;
            if (session.DismissSent && session.DismissAcked)
            {
                _sessions?.Remove(session.Id);
                _closingSessions?.Remove(session);
            }
        }

        if (first && session.Owner is not null)
        {
            OnSessionFinished(session);
        }

        lock (_gate)
        {
            session.CreditWaiter?.TrySetResult(); // Whoever waits to send may have learned just now that nobody reads.
        }
    }

    // Sessions whose closing handshake is due to go on, or is not going to: called by the timer.
    private void FinishLingering(long now)
    {
        if (_interrupt is not null)
        {
            ExtendLingering(now); // Nothing is being read: what is awaited may have arrived already.
        }

        List<StreamSession>? due = null;
        lock (_gate)
        {
            for (var i = (_closingSessions?.Count ?? 0) - 1; i >= 0; i--)
            {
                var session = _closingSessions![i];
                if (session.LingerUntil > now)
                {
                    continue;
                }

                if (session is { DismissReceived: false, DismissAcked: true })
                {
                    _closingSessions.RemoveAt(i); // The peer knows that this half ended; its own may go on for as long as it likes.
                    continue;
                }

                if (session is { DismissReceived: true, DismissSent: false })
                {
                    _closingSessions.RemoveAt(i); // Back in when this side dismisses it, too.
                }
                else
                {
                    session.DismissAcked = true; // The peer never answered: forget the session.
                }

                (due ??= []).Add(session);
            }
        }

        due?.ForEach(Finish);
    }

    // Bytes that a Dismiss has overtaken are awaited in reading time only: a stalled reader must not lose them.
    private void ExtendLingering(long now)
    {
        lock (_gate)
        {
            foreach (var session in _closingSessions ?? Enumerable.Empty<StreamSession>())
            {
                if (session is { DismissReceived: true, IsFinished: false })
                {
                    session.LingerUntil = Math.Max(session.LingerUntil, now + (long)Options.DismissLinger.TotalMilliseconds);
                }
            }
        }
    }

    private void FinishAllSessions()
    {
        List<StreamSession> sessions;
        lock (_gate)
        {
            sessions = [.. _sessions?.Values ?? Enumerable.Empty<StreamSession>()];
            _sessions = null;
            _closingSessions = null;
            sessions.ForEach(DropPaced);
            sessions.ForEach(session => session.CreditWaiter?.TrySetResult());
        }

        sessions.ForEach(Finish);
    }
}
