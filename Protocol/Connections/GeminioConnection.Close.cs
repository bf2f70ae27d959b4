namespace Frontier.Protocol;

public abstract partial class GeminioConnection
{
    // How long CloseWhenIdleAsync waits for a moment in which nothing is under way in either direction.
    private static readonly TimeSpan IdleGrace = TimeSpan.FromMilliseconds(500);

    // What a peer that is cut off gets for the closing handshake: enough for one that reads, and not long for one that goes on.
    private static readonly TimeSpan CutOffTime = TimeSpan.FromSeconds(1);

    // Set while somebody waits, so that a draining connection is not looked at again and again: nothing is under way any more, and the connection closes.
    private TaskCompletionSource? _idle;
    private TaskCompletionSource? _closing;
    private long _closeDeadline = long.MaxValue;
    private volatile bool _isCutOff;
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
            var left = gateAt - Environment.TickCount64;
            if (!_leaving && left <= 0)
            {
                SendNothingNew();
                continue;
            }

            var time = _leaving ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(left);
            await WhenIdle().WaitAsync(time, patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Close(reason);
    }

    /// <summary>Sends nothing new to the peer from now on. What it asks is still answered, and the connection stays open.</summary>
    public void SendNothingNew()
    {
        lock (_gate)
        {
            _leaving = true;
            NoteIdle();
        }
    }

    /// <summary>
    /// Closes the connection and lets everything that is under way on it end first, in both directions: nothing new is sent to the peer; when it has answered
    /// everything it learns that nothing new is taken; and when it has its own answers the connection ends.
    /// </summary>
    /// <param name="reason">Why.</param>
    /// <param name="patience">How long all of it may take.</param>
    public async Task CloseWhenDoneAsync(DisconnectReason reason, TimeSpan patience)
    {
        var until = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        SendNothingNew();
        for (var left = until - Environment.TickCount64; left > 0 && !TryCloseIdle(reason, until); left = until - Environment.TickCount64)
        {
            await WhenIdle().WaitAsync(TimeSpan.FromMilliseconds(left)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Close(reason);
    }

    /// <summary>Completes when the connection closes, or the peer begins to close it.</summary>
    protected Task WhenClosing()
    {
        lock (_gate)
        {
            return _state is State.Closing or State.Closed || IsPeerClosing
                ? Task.CompletedTask
                : (_closing ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private Task WhenIdle()
    {
        lock (_gate)
        {
            return IsIdle ? Task.CompletedTask : (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    // Under the lock: whether CloseWhenIdleAsync and CloseWhenDoneAsync may go on.
    private bool IsIdle => _state != State.Open || (_pending.Count == 0 && (_leaving || _inFlight.Count == 0));

    // To be called under the lock whenever something has ended. Costs a look at a field while nobody waits.
    private void NoteIdle()
    {
        if (_idle is not null && IsIdle)
        {
            _idle.TrySetResult();
            _idle = null;
        }
    }

    // To be called under the lock when the connection is not open any more, or the peer begins to close it.
    private void NoteClosing()
    {
        _closing?.TrySetResult();
        _closing = null;
        NoteIdle();
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

    /// <summary>
    /// As <see cref="Close"/>, and from now on nothing that the peer sends has any effect: what it asks is refused (<c>connection lost</c>), its answers and
    /// stream bytes are dropped, and whoever waits for an answer of it hears at once that it is gone.
    /// </summary>
    /// <param name="reason">Why.</param>
    public void CutOff(DisconnectReason reason)
    {
        _isCutOff = true;
        Close(reason);
        lock (_gate)
        {
            if (_state == State.Closing)
            {
                _closeDeadline = Math.Min(_closeDeadline, Environment.TickCount64 + (long)CutOffTime.TotalMilliseconds);
            }
        }

        ScheduleTimer();
        GiveUpPending(ReplyLoss.ConnectionClosed);
    }

    // What a peer that is cut off may still say: all that ends the connection in good order. What it asks is answered here, for it would wait otherwise.
    private static bool IsDropped(in Frame frame)
    {
        switch (frame.Type)
        {
            case FrameType.Dismiss or FrameType.DismissAck or FrameType.DisConn or FrameType.DisConnAck or FrameType.Heartbeat or FrameType.HeartbeatAck:
                return false;
            case FrameType.Request or FrameType.Message or FrameType.Register or FrameType.Session:
                return false; // Refused where it is read.
            default:
                return true;
        }
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

            if (!IsIdle)
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
            NoteClosing();
        }

        AbortTransport();
        _interrupt?.TrySetResult();
        _input.CancelPendingRead();
    }

    private void StartClosing(DisconnectReason reason)
    {
        Fail(reason, null);
        _state = State.Closing;
        NoteClosing();
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
        NoteClosing();
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
            NoteClosing();
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
                NoteClosing();
            }
        }
    }

    private async Task ShutDownAsync()
    {
        var graceful = IsClosingDone;
        lock (_gate)
        {
            _state = State.Closed;
            NoteClosing();
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
