using System.Buffers;
using System.IO.Pipelines;

namespace Frontier.Protocol;

/// <summary>Which end of a connection this is; it decides about packet ids, session ids and heartbeats.</summary>
public enum ConnectionRole
{
    /// <summary>Accepted the connection: a gateway.</summary>
    Acceptor,

    /// <summary>Dialed: an edge or a service.</summary>
    Dialer,
}

/// <summary>
/// One Geminio connection over any duplex pipe: reads and checks frames, keeps the protocol's state (handshake, sessions, answers awaited,
/// closing), and writes. What the frames mean is up to the subclass, whose <c>On…</c> methods run on the read loop and must not block.
/// Sending is safe from any thread; whoever sends encodes into the connection's outbound queue under its lock, and one pump at a time
/// moves the queue to the transport.
/// </summary>
public abstract partial class GeminioConnection : TimerWheelEntry
{
    // After so many frames the connections written to are flushed, however much has been read.
    private const int FramesPerFlush = 256;

    // What transports read into; a byte that waits holds all of it.
    private const long BlockBytes = 4096;

    private readonly Lock _gate = new();
    private readonly PipeReader _input;
    private readonly PipeWriter _output;
    private FrameCodec _codec;
    private bool _isLimitedToLogin;
    private readonly TimerWheel _wheel;
    private Task? _stall;
    private volatile TaskCompletionSource? _interrupt;
    private long _lastHeard;
    private long _unparsedBytes;
    private ulong _lastPacketId;
    private DisconnectReason _reason;
    private State _state;

    /// <summary>Puts a connection on a transport; <see cref="RunAsync"/> starts it.</summary>
    /// <param name="transport">The bytes to and from the peer.</param>
    /// <param name="role">Which end this is.</param>
    /// <param name="options">Limits and times.</param>
    /// <param name="wheel">What wakes the connection for its deadlines.</param>
    protected GeminioConnection(IDuplexPipe transport, ConnectionRole role, ConnectionOptions options, TimerWheel wheel)
    {
        ArgumentNullException.ThrowIfNull(transport);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(wheel);
        _input = transport.Input;
        _output = transport.Output;
        Role = role;
        Options = options;
        _isLimitedToLogin = role == ConnectionRole.Acceptor;
        _codec = new FrameCodec(_isLimitedToLogin ? options.LoginFrameBytes : options.MaxFrameBytes);
        _wheel = wheel;
        _packetCounter = (uint)Random.Shared.Next() & ~1u | (role == ConnectionRole.Dialer ? 1u : 0u);
        _onFlushed = OnFlushed;
    }

    private enum State
    {
        /// <summary>Nothing has been heard (acceptor), or ConnAck is awaited (dialer).</summary>
        Handshaking,

        /// <summary>Conn was heard and the login is being decided (acceptor).</summary>
        LoggingIn,

        /// <summary>ConnAck is out or in.</summary>
        Open,

        /// <summary>One side has started the closing handshake.</summary>
        Closing,

        /// <summary>Over.</summary>
        Closed,
    }

    /// <summary>Which end this is.</summary>
    public ConnectionRole Role { get; }

    /// <summary>Limits and times.</summary>
    public ConnectionOptions Options { get; }

    /// <summary>What the peer can read beyond the plain protocol; known once the handshake is done.</summary>
    public PeerFeatures PeerFeatures { get; private set; }

    /// <summary>
    /// Whether this is a connection between gateways. Then bodies go out in the form they are in, as far as the peer reads it, and come in in either form, so
    /// that each is translated at most once, where its receiver is; and the members that only gateways set are read, which from anybody else are cleared.
    /// </summary>
    protected virtual bool IsGatewayLink => false;

    /// <summary>Whether the handshake is done and neither side has started to close.</summary>
    public bool IsOpen => _state == State.Open;

    /// <summary>Whether frames for the peer are accepted: the login is being decided, in which case they wait for ConnAck, or the connection is open.</summary>
    public bool AcceptsTraffic => _state is State.Open or State.LoggingIn;

    /// <summary>Why the connection ended; <see cref="DisconnectReason.None"/> before.</summary>
    public DisconnectReason DisconnectReason => _reason;

    /// <summary>What was wrong, when the peer broke the protocol or this side failed.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Frames of the peer that had no session or no waiting request, and were dropped.</summary>
    public long IgnoredFrames { get; private set; }

    /// <summary>
    /// Bytes that have been read and are part of no complete frame, or of frames that cannot be taken yet; in whole blocks of memory. For any thread.
    /// </summary>
    public long UnparsedBytes => Volatile.Read(ref _unparsedBytes);

    /// <summary>Reads until the connection is over, then cleans up and reports <see cref="OnClosed"/>. To be called once.</summary>
    /// <returns>Why it ended.</returns>
    public async Task<DisconnectReason> RunAsync()
    {
        _lastHeard = Environment.TickCount64;
        _handshakeDeadline = _lastHeard + (long)Options.HandshakeTimeout.TotalMilliseconds;
        ScheduleTimer();
        try
        {
            await ReadAsync().ConfigureAwait(false);
            _reason = _reason == DisconnectReason.None ? IsClosingDone ? DisconnectReason.Closed : DisconnectReason.ConnectionLost : _reason;
        }
        catch (ProtocolViolationException e)
        {
            Fail(e.Reason, e);
        }
#pragma warning disable CA1031 // Whatever a handler throws must end this connection and nothing else.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(DisconnectReason.InternalError, e);
        }

        NoteUnparsed(0);
        await ShutDownAsync().ConfigureAwait(false);
        return _reason;
    }

    /// <summary>The socket is to be closed without more ado; the read loop will end.</summary>
    protected abstract void AbortTransport();

    /// <summary>Frames have been read and are about to be handled.</summary>
    /// <returns>What to wait for before; null for nothing.</returns>
    protected virtual Task? WhenMayHandle() => null;

    /// <summary>Bytes and frames have been read.</summary>
    protected virtual void OnRead(long bytes, int frames)
    {
    }

    /// <summary><see cref="UnparsedBytes"/> has changed. Called on the read loop.</summary>
    /// <param name="change">By how many bytes.</param>
    protected virtual void OnUnparsed(long change)
    {
    }

    /// <summary>Bytes have been handed to the transport.</summary>
    protected virtual void OnWritten(long bytes)
    {
    }

    /// <summary>The peer asked for more than it may have and was told so.</summary>
    protected virtual void OnLimitReached(ConnectionLimit limit)
    {
    }

    /// <summary>
    /// The peer has begun to close: it takes nothing new. Called once or more, under the connection's lock or not; must return at once.
    /// </summary>
    protected virtual void OnPeerClosing()
    {
    }

    /// <summary>The connection is over; called once, after everything awaited on it has been given up.</summary>
    protected virtual void OnClosed(DisconnectReason reason)
    {
    }

    /// <summary>
    /// Stops reading this connection after the current frame until the task is done: how a full buffer somewhere pushes back on the peer.
    /// Only from an <c>On…</c> method, on the read loop.
    /// </summary>
    protected void StallReading(Task until) => _stall = until;

    private async Task ReadAsync()
    {
        while (_state != State.Closed)
        {
            ReadResult result;
            try
            {
                result = await _input.ReadAsync().ConfigureAwait(false);
            }
#pragma warning disable CA1031 // However a transport says that it is gone. What handlers throw is none of its sayings: told apart by where it arises.
            catch (Exception)
#pragma warning restore CA1031
            {
                Fail(DisconnectReason.ConnectionLost, null);
                return;
            }

            _lastHeard = _readAt = Environment.TickCount64;
            EndProbe();
            if (WhenMayHandle() is { } sure)
            {
                await WaitAsync(sure).ConfigureAwait(false);
            }

            var buffer = result.Buffer;
            while (true)
            {
                ProcessFrames(ref buffer);
                if (_stall is not { } stall)
                {
                    break;
                }

                await WaitAsync(stall).ConfigureAwait(false);
            }

            _input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted || (result.IsCanceled && (IsClosingDone || _state == State.Closed)))
            {
                return;
            }
        }
    }

    // Not reading is this side's doing, so the peer's silence meanwhile is not held against it.
    private async Task WaitAsync(Task stall)
    {
        var interrupt = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _interrupt = interrupt;
        bool closed;
        lock (_gate)
        {
            closed = _state == State.Closed; // Under the lock: an Abort that has not seen the interrupt is seen here.
        }

        if (!closed)
        {
            await Task.WhenAny(stall, interrupt.Task).ConfigureAwait(false);
        }

        ExtendLingering(Environment.TickCount64);
        _interrupt = null;
        _lastHeard = Environment.TickCount64;
        _stall = null;
    }

    private void ProcessFrames(ref ReadOnlySequence<byte> buffer)
    {
        var batch = FlushBatch.Enter();
        var frames = 0;
        var before = buffer.Length;
        if (_isLimitedToLogin && _state is not (State.Handshaking or State.LoggingIn))
        {
            // Until now nobody had said who this is, and a length that only a peer may use was not waited for.
            _isLimitedToLogin = false;
            _codec = new FrameCodec(Options.MaxFrameBytes);
        }

        try
        {
            SequencePosition consumed = default, examined = default;
            while (_stall is null && _state != State.Closed && _codec.TryParseMessage(buffer, ref consumed, ref examined, out var frame))
            {
                // A peer that asks without reading the answers has to wait. What it answers is always taken: it may be unable to read because this side
                // does not, and then both would wait for good.
                if (OutboundBytes > Options.MaxOutboundBytes && IsAnswered(frame.Type))
                {
                    StallReading(WhenDrainedAsync());
                    break;
                }

                if (!Dispatch(frame))
                {
                    break; // The frame stays where it is until the stall is over.
                }

                buffer = buffer.Slice(consumed);
                if (++frames % FramesPerFlush == 0)
                {
                    batch.FlushAll();
                }
            }
        }
        finally
        {
            batch.Exit();
            OnRead(before - buffer.Length, frames);
            NoteUnparsed(buffer.Length);
        }
    }

    private void NoteUnparsed(long bytes)
    {
        var blocks = (bytes + BlockBytes - 1) & -BlockBytes;
        if (blocks != _unparsedBytes)
        {
            var change = blocks - _unparsedBytes;
            Volatile.Write(ref _unparsedBytes, blocks);
            OnUnparsed(change);
        }
    }

    // False when the frame cannot be taken yet: StallReading has been called, and the frame will be offered again.
    private bool Dispatch(in Frame frame)
    {
        if (!IsExpected(frame.Type) || (_isCutOff && IsDropped(frame)))
        {
            IgnoredFrames++;
            return true;
        }

        if (frame.Type == FrameType.Stream)
        {
            if (!HandleStream(frame.PacketId, frame.Body)) // Raw bytes need not be contiguous.
            {
                return false;
            }
        }
        else if (frame.Body.IsSingleSegment)
        {
            Dispatch(frame.Type, frame.PacketId, frame.Body.FirstSpan);
        }
        else
        {
            var length = (int)frame.Body.Length;
            var contiguous = ArrayPool<byte>.Shared.Rent(length);
            try
            {
                frame.Body.CopyTo(contiguous);
                Dispatch(frame.Type, frame.PacketId, contiguous.AsSpan(0, length));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(contiguous);
            }
        }

        NoteReceived(frame.Type, frame.PacketId);
        return true;
    }

    private void Dispatch(FrameType type, ulong packetId, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case FrameType.Request:
            case FrameType.Message:
                HandleRequest(type, packetId, body);
                break;
            case FrameType.Response:
            case FrameType.MessageAck:
            case FrameType.RegisterAck:
            case FrameType.SessionAck:
                HandleReply(type, packetId, body);
                break;
            case FrameType.RequestCancel:
                HandleRequestCancel(packetId, body);
                break;
            case FrameType.Register:
                HandleRegister(packetId, body);
                break;
            case FrameType.Session:
                HandleSession(packetId, body);
                break;
            case FrameType.StreamCredit:
                HandleStreamCredit(body);
                break;
            case FrameType.StreamStop:
                HandleStreamStop(body);
                break;
            case FrameType.Move:
                HandleMove(body);
                break;
            case FrameType.Dismiss:
                HandleDismiss(packetId, body);
                break;
            case FrameType.DismissAck:
                HandleDismissAck(packetId, body);
                break;
            case FrameType.Heartbeat:
                SendEmpty(FrameType.HeartbeatAck, packetId);
                break;
            case FrameType.HeartbeatAck:
                break; // That it came is all that matters.
            case FrameType.Conn:
                HandleConn(packetId, body);
                break;
            case FrameType.ConnAck:
                HandleConnAck(packetId, body);
                break;
            case FrameType.DisConn:
                HandleDisConn(packetId);
                break;
            case FrameType.DisConnAck:
                HandleDisConnAck(packetId);
                break;
            default:
                ProtocolViolationException.Throw(DisconnectReason.UnknownFrameType, $"type {type}");
                break;
        }
    }

    // False for a frame that is dropped; one that has no business in this state ends the connection.
    private bool IsExpected(FrameType type)
    {
        var allowed = type switch
        {
            FrameType.Conn => Role == ConnectionRole.Acceptor && _state == State.Handshaking,
            FrameType.ConnAck => Role == ConnectionRole.Dialer && _state == State.Handshaking,
            FrameType.DisConn or FrameType.DisConnAck => true,
            _ => _state is not (State.Handshaking or State.LoggingIn),
        };
        if (!allowed)
        {
            ProtocolViolationException.Throw(DisconnectReason.UnexpectedFrame, $"{type} at the wrong point of the handshake");
        }

        // A peer that was turned away may finish the closing handshake and nothing else.
        return _state != State.Closed && (!_refused || type is FrameType.DisConn or FrameType.DisConnAck);
    }

    private static bool IsAnswered(FrameType type) =>
        type is FrameType.Request or FrameType.Message or FrameType.Register or FrameType.Session or FrameType.Dismiss or FrameType.Heartbeat or FrameType.DisConn;

    private void Fail(DisconnectReason reason, Exception? failure)
    {
        if (_reason == DisconnectReason.None)
        {
            _reason = reason;
            Failure = failure;
        }
    }
}
