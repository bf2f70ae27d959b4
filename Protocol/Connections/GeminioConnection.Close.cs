namespace Frontier.Protocol;

public abstract partial class GeminioConnection
{
    // How long CloseWhenIdleAsync looks for an idle moment, and how often.
    private static readonly TimeSpan IdleGrace = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan IdleCheck = TimeSpan.FromMilliseconds(20);

    private long _closeDeadline = long.MaxValue;
    private bool _rootDismissSent;
    private bool _rootDismissAcked;
    private bool _rootDismissReceived;
    private bool _disConnSent;
    private bool _disConnAcked;
    private bool _disConnReceived;
    private volatile bool _leaving;

    /// <summary>Whether the peer has begun to close.</summary>
    public bool IsPeerClosing => _rootDismissReceived || _disConnReceived;

    private bool IsClosingDone => _disConnReceived && _disConnAcked;

    /// <summary>Whether nothing new is sent to the peer any more, because the connection is closed or about to be.</summary>
    public bool IsLeaving => _leaving || _state is State.Closing or State.Closed;

    /// <summary>
    /// Closes the connection when nothing is under way on it: neither a request that the peer has to answer nor one of the peer's. Where there is no such moment
    /// within half a second, nothing new is sent to the peer, and the connection is closed when the peer has answered everything; what the peer asks
    /// until it learns of it is still answered.
    /// </summary>
    /// <param name="reason">Why.</param>
    /// <param name="patience">Ends the waiting: the connection is closed at once.</param>
    public async Task CloseWhenIdleAsync(DisconnectReason reason, CancellationToken patience)
    {
        var gateAt = Environment.TickCount64 + (long)IdleGrace.TotalMilliseconds;
        while (!patience.IsCancellationRequested && !TryCloseIdle(reason))
        {
            _leaving |= Environment.TickCount64 >= gateAt;
            await Task.Delay(IdleCheck, CancellationToken.None).ConfigureAwait(false);
        }

        Close(reason);
    }

    /// <summary>Sends nothing new to the peer from now on. What it asks is still answered, and the connection stays open.</summary>
    public void SendNothingNew() => _leaving = true;

    /// <summary>
    /// Closes the connection and lets everything that is under way on it end first, in both directions: nothing new is sent to the peer; when it has answered
    /// everything it learns that nothing new is taken; and when it has its own answers the connection ends.
    /// </summary>
    /// <param name="reason">Why.</param>
    /// <param name="patience">How long all of it may take.</param>
    public async Task CloseWhenDoneAsync(DisconnectReason reason, TimeSpan patience)
    {
        var until = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        _leaving = true;
        while (Environment.TickCount64 < until && !TryCloseIdle(reason, until))
        {
            await Task.Delay(IdleCheck, CancellationToken.None).ConfigureAwait(false);
        }

        Close(reason);
    }

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

    // In one step, so that nothing is sent to the peer between being found idle and being closed.
    private bool TryCloseIdle(DisconnectReason reason, long? closeDeadline = null)
    {
        lock (_gate)
        {
            if (_state != State.Open)
            {
                return true;
            }

            if (_pending.Count > 0 || (!_leaving && _inFlight.Count > 0))
            {
                return false;
            }

            StartClosing(reason);
            _closeDeadline = closeDeadline ?? _closeDeadline;
            WriteRootDismiss();
        }

        ScheduleTimer();
        Flush();
        return true;
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

        SendAllPaced();
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

        SendAllPaced();
        _disConnSent = true;
        Begin(FrameType.DisConn, NextPacketId(), 0);
    }

    // The peer closes session 1, which is how a Go end begins to close: it is answered like any session's Dismiss.
    private void ReceiveRootDismiss()
    {
        _rootDismissReceived = true;
        WriteRootDismiss();
        DisConnWhenDismissed();
        OnPeerClosing();
    }

    private void ReceiveRootDismissAck()
    {
        _rootDismissAcked = true;
        DisConnWhenDismissed();
    }

    // The side that closes goes on once session 1 is dismissed both ways and the peer has its answers; the other side waits for its DisConn.
    private void DisConnWhenDismissed()
    {
        if (_state == State.Closing && _rootDismissReceived && _rootDismissAcked && _inFlight.Count == 0)
        {
            WriteDisConn();
        }
    }

    private void HandleDisConn(ulong packetId)
    {
        lock (_gate)
        {
            _disConnReceived = true;
            OnPeerClosing();
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
        EndProbe();
        GiveUpPending(ReplyLoss.ConnectionClosed);
        GiveUpInFlight();
        FinishAllSessions();
        OnClosed(_reason);
        await EndWritingAsync(sendQueued: graceful).ConfigureAwait(false);
        await _input.CompleteAsync().ConfigureAwait(false);
        await _output.CompleteAsync().ConfigureAwait(false);
    }
}
