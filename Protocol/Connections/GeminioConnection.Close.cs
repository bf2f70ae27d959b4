namespace Frontier.Protocol;

public abstract partial class GeminioConnection
{
    private long _closeDeadline = long.MaxValue;
    private bool _rootDismissSent;
    private bool _rootDismissAcked;
    private bool _rootDismissReceived;
    private bool _disConnSent;
    private bool _disConnAcked;
    private bool _disConnReceived;

    /// <summary>Whether the peer has begun to close.</summary>
    public bool IsPeerClosing => _rootDismissReceived || _disConnReceived;

    private bool IsClosingDone => _disConnReceived && _disConnAcked;

    /// <summary>Starts the closing handshake; the connection ends when it is done, or after <see cref="ConnectionOptions.CloseTimeout"/>.</summary>
    public void Close(DisconnectReason reason)
    {
        bool abort;
        lock (_gate)
        {
            if (_state is State.Closing or State.Closed)
            {
                return;
            }

            // Decided under the lock: the peer may be let in at this moment.
            abort = _state != State.Open;
            if (!abort)
            {
                StartClosing(reason);
                WriteRootDismiss();
            }
        }

        if (abort)
        {
            Abort(reason);
            return;
        }

        ScheduleTimer();
        Flush();
    }

    /// <summary>Ends the connection now, without a handshake.</summary>
    public void Abort(DisconnectReason reason)
    {
        lock (_gate)
        {
            if (_state == State.Closed)
            {
                return;
            }

            Fail(reason, null);
            _state = State.Closed;
        }

        AbortTransport();
        _interrupt?.TrySetResult();
        _input.CancelPendingRead();
    }

    private void StartClosing(DisconnectReason reason)
    {
        Fail(reason, null);
        _state = State.Closing;
        _closeDeadline = Environment.TickCount64 + (long)Options.CloseTimeout.TotalMilliseconds;
    }

    private void WriteRootDismiss()
    {
        if (_rootDismissSent || _writeClosed)
        {
            return;
        }

        _rootDismissSent = true;
        var dismiss = new SessionBody { SessionId = RootSessionId };
        dismiss.WriteDismiss(Begin(FrameType.Dismiss, NextPacketId(), dismiss.GetDismissLength()));
    }

    private void WriteDisConn()
    {
        if (_disConnSent || _writeClosed)
        {
            return;
        }

        _disConnSent = true;
        Begin(FrameType.DisConn, NextPacketId(), 0);
    }

    // The peer closes session 1, which is how a Go end begins to close: it is answered like any session's Dismiss.
    private void ReceiveRootDismiss()
    {
        _rootDismissReceived = true;
        WriteRootDismiss();
        DisConnWhenDismissed();
    }

    private void ReceiveRootDismissAck()
    {
        _rootDismissAcked = true;
        DisConnWhenDismissed();
    }

    // The side that closes goes on once session 1 is dismissed both ways; the other side waits for its DisConn.
    private void DisConnWhenDismissed()
    {
        if (_state == State.Closing && _rootDismissReceived && _rootDismissAcked)
        {
            WriteDisConn();
        }
    }

    private void HandleDisConn(ulong packetId)
    {
        lock (_gate)
        {
            _disConnReceived = true;
            if (_state is State.Handshaking or State.LoggingIn)
            {
                _state = State.Closed;
                return;
            }

            if (_state == State.Open)
            {
                StartClosing(DisconnectReason.Closed);
            }

            if (!_writeClosed)
            {
                var output = Begin(FrameType.DisConnAck, packetId, 3);
                output[0] = 0;
                "{}"u8.CopyTo(output[1..]);
                WriteDisConn();
            }
        }

        ScheduleTimer();
        Flush();
        EndWhenDone();
    }

    private void HandleDisConnAck(ulong packetId)
    {
        if (!_disConnSent)
        {
            IgnoredFrames++;
            return;
        }

        _disConnAcked = true;
        EndWhenDone();
    }

    private void EndWhenDone()
    {
        if (IsClosingDone)
        {
            lock (_gate)
            {
                _state = State.Closed;
            }
        }
    }

    private async Task ShutDownAsync()
    {
        var graceful = IsClosingDone;
        lock (_gate)
        {
            _state = State.Closed;
        }

        if (!graceful)
        {
            AbortTransport();
        }

        TimerWheel.Cancel(this);
        GiveUpPending(ReplyLoss.ConnectionClosed);
        GiveUpInFlight();
        FinishAllSessions();
        OnClosed(_reason);
        await EndWritingAsync(sendQueued: graceful);
        await _input.CompleteAsync();
        await _output.CompleteAsync();
    }
}
