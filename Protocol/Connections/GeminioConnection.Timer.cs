namespace Frontier.Protocol;

public abstract partial class GeminioConnection
{
    private const int ExpiredPerTurn = 256;

    /// <summary>Looks at every deadline the connection has, and asks to be woken for the next.</summary>
    /// <param name="now">The <see cref="Environment.TickCount64"/> clock, in milliseconds.</param>
    protected internal override void OnTimer(long now)
    {
        var batch = FlushBatch.Enter();
        try
        {
            if (CheckHandshake(now) && CheckClosing(now) && CheckSilence(now) && CheckConsumer(now))
            {
                ExpirePending(now);
                ExpireOverdue(now);
                FinishLingering(now);
                SendPacedDue();
                TrimTables();
                ScheduleTimer();
            }
        }
#pragma warning disable CA1031 // One connection's failure must not stop the wheel for the others.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(DisconnectReason.InternalError, e);
            Abort(DisconnectReason.InternalError);
        }
        finally
        {
            batch.Exit();
        }
    }

    // Asks to be woken for the earliest of all deadlines but those of pending replies, which ask for themselves.
    private void ScheduleTimer()
    {
        long due;
        lock (_gate)
        {
            due = _state switch
            {
                State.Handshaking or State.LoggingIn => _handshakeDeadline,
                State.Closing => _closeDeadline,
                State.Open when Role == ConnectionRole.Dialer => Math.Min(_nextHeartbeat, SilenceDeadline),
                State.Open => SilenceDeadline,
                _ => long.MaxValue,
            };
            if (_state == State.Closed)
            {
                return;
            }

            due = Math.Min(Math.Min(due, _earliestDeadline), NextPacedDue());
            foreach (var session in _closingSessions ?? Enumerable.Empty<StreamSession>())
            {
                due = Math.Min(due, session.LingerUntil);
            }

            foreach (var lane in _waitingLanes)
            {
                due = lane.Overdue > 0 ? Math.Min(due, lane.StaleAt) : due;
            }

            if (_flushingSince is > 0 and var since)
            {
                due = Math.Min(due, since + (long)Options.SlowConsumerTimeout.TotalMilliseconds);
            }
        }

        _wheel.Schedule(this, due);
    }

    private long SilenceDeadline => _lastHeard + (2 * _heartbeatMilliseconds);

    private bool CheckHandshake(long now)
    {
        if (_state is not (State.Handshaking or State.LoggingIn) || now < _handshakeDeadline)
        {
            return true;
        }

        if (_state == State.LoggingIn)
        {
            Refuse(0, FrontierErrorText.LoginTimedOut);
            return true;
        }

        Abort(DisconnectReason.HandshakeTimeout);
        return false;
    }

    private bool CheckClosing(long now)
    {
        if (_state != State.Closing || now < _closeDeadline)
        {
            return _state != State.Closed;
        }

        Abort(DisconnectReason.Closed);
        return false;
    }

    private bool CheckSilence(long now)
    {
        if (_state != State.Open)
        {
            return true;
        }

        if (_interrupt is not null)
        {
            _lastHeard = now; // This side is not reading: what the peer says cannot be heard.
        }
        else if (now >= SilenceDeadline)
        {
            Abort(DisconnectReason.HeartbeatTimeout);
            return false;
        }

        if (Role == ConnectionRole.Dialer && now >= _nextHeartbeat)
        {
            _nextHeartbeat = now + _heartbeatMilliseconds;
            SendEmpty(FrameType.Heartbeat);
        }

        return true;
    }

    private bool CheckConsumer(long now)
    {
        if (_flushingSince is not (> 0 and var since) || now < since + (long)Options.SlowConsumerTimeout.TotalMilliseconds)
        {
            return true;
        }

        Abort(DisconnectReason.SlowConsumer);
        return false;
    }

    private void ExpirePending(long now)
    {
        if (now < Volatile.Read(ref _earliestDeadline))
        {
            return;
        }

        var expired = new List<PendingReply>();
        while (ExpireSome(now, expired))
        {
            expired.Clear();
        }
    }

    // So many at a time: however much expires at once, the lock is held only briefly. True when there may be more.
    private bool ExpireSome(long now, List<PendingReply> expired)
    {
        lock (_gate)
        {
            _earliestDeadline = _pending.TakeExpired(now, ExpiredPerTurn, expired);
            foreach (var pending in expired)
            {
                NoteGivenUp(pending);
                WriteCancel(pending, CancelTypeDeadlineExceeded);
            }

            ReleaseWaiting(now); // Those that waited until their deadline make room.
            NoteIdle();
        }

        if (expired.Count > 0)
        {
            Flush();
        }

        foreach (var pending in expired)
        {
            pending.Sink!.OnReplyLost(this, pending, ReplyLoss.Timeout);
        }

        return expired.Count == ExpiredPerTurn;
    }

    private void ExpireOverdue(long now)
    {
        bool released;
        lock (_gate)
        {
            released = ReleaseWaiting(now);
        }

        if (released)
        {
            Flush();
        }
    }

    // The timer comes at the latest when the deadline of the last request of a burst would have passed.
    private void TrimTables()
    {
        lock (_gate)
        {
            _pending.Trim();
            _inFlight.Trim();
            _outboundShare.Trim();
            _waitingShare.Trim();
        }
    }
}
