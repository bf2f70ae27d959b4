namespace Frontier.Protocol;

public abstract partial class GeminioConnection
{
    private ulong _connPacketId;
    private long _handshakeDeadline;
    private long _heartbeatMilliseconds = long.MaxValue;
    private long _nextHeartbeat = long.MaxValue;
    private bool _refused;

    /// <summary>Dialer: sends the first frame. The answer comes as <see cref="OnConnAck"/>.</summary>
    /// <param name="wantedId">The id this side would like; 0 for none.</param>
    /// <param name="meta">The application's metadata; opaque.</param>
    /// <param name="heartbeat">How often to send a heartbeat; rounded down to what the flags can say (5, 20 or 80 s).</param>
    /// <param name="moveToken">What an edge that was asked to move was given; see <see cref="OnMove"/>.</param>
    protected void SendConn(ulong wantedId, ReadOnlySpan<byte> meta, TimeSpan heartbeat, ReadOnlySpan<byte> moveToken = default)
    {
        var conn = new ConnBody
        {
            Flags = (byte)(ConnBody.ClientIdAcquireFlag | ConnBody.HeartbeatFlags(heartbeat)),
            ClientId = wantedId,
            Meta = Base64Text.Encode(meta),
            Features = Options.Features,
            MessageWindow = Options.Features == PeerFeatures.None ? 0 : Options.MessageWindow,
            MoveToken = Base64Text.Encode(moveToken),
        };
        _heartbeatMilliseconds = (long)conn.HeartbeatInterval.TotalMilliseconds;
        lock (_gate)
        {
            conn.WriteConn(Begin(FrameType.Conn, NextPacketId(), conn.GetConnLength()));
        }

        Flush();
    }

    /// <summary>
    /// Opens the connection without a handshake, between two ends that know each other already and agree on everything it would settle. To be called
    /// before <see cref="RunAsync"/> at both ends, with the same arguments.
    /// </summary>
    /// <param name="features">What both ends can read.</param>
    /// <param name="heartbeat">How often the dialer sends a heartbeat; an end that hears nothing for two of them aborts.</param>
    protected void OpenDirectly(PeerFeatures features, TimeSpan heartbeat)
    {
        PeerFeatures = features;
        _lastHeard = Environment.TickCount64;
        _heartbeatMilliseconds = (long)heartbeat.TotalMilliseconds;
        _nextHeartbeat = _lastHeard + _heartbeatMilliseconds;
        lock (_gate)
        {
            _state = State.Open;
        }
    }

    /// <summary>What the peer can read turned out to be more than was agreed on first.</summary>
    protected void AddPeerFeatures(PeerFeatures features)
    {
        lock (_gate)
        {
            PeerFeatures |= features & Options.Features;
        }
    }

    /// <summary>Acceptor: the first frame came. Decide, then call <see cref="Accept"/> or <see cref="Refuse"/> within <see cref="ConnectionOptions.HandshakeTimeout"/>.</summary>
    protected virtual void OnConn(in ConnBody conn) =>
        ProtocolViolationException.Throw(DisconnectReason.UnexpectedFrame, "a connection request to a side that takes none");

    /// <summary>Dialer: the answer came. When it is a refusal the connection closes of itself.</summary>
    protected virtual void OnConnAck(in ConnBody ack)
    {
    }

    /// <summary>Acceptor: lets the peer in. Frames that were sent to it meanwhile follow the answer.</summary>
    /// <returns>False when it is too late: the connection is gone, or the login took too long.</returns>
    protected bool Accept(ulong clientId)
    {
        lock (_gate)
        {
            if (_state != State.LoggingIn || _writeClosed)
            {
                return false;
            }

            WriteConnAck(new ConnBody { Accepted = true, ClientId = clientId, Features = PeerFeatures });
            _state = State.Open;
            _held = false;
        }

        ScheduleTimer();
        Flush();
        return true;
    }

    /// <summary>Acceptor: turns the peer away. What waited for it is given up.</summary>
    /// <param name="clientId">The id that the peer wanted or would have got.</param>
    /// <param name="error">Why.</param>
    /// <param name="code">The error's stable number, for peers that want it; null for none.</param>
    protected void Refuse(ulong clientId, string error, int? code = null)
    {
        lock (_gate)
        {
            if (_state != State.LoggingIn || _writeClosed)
            {
                return;
            }

            _outbound.Clear();
            _outboundBytes = 0;
            _outboundShare.Clear();
            WriteConnAck(new ConnBody { ClientId = clientId, Error = JsonText.Escape(error), ErrorCode = CodeForPeer(code) });
            _refused = true;
            StartClosing(DisconnectReason.Refused);
            WriteDisConn();
            _held = false;
        }

        GiveUpPending(ReplyLoss.ConnectionClosed);
        ScheduleTimer();
        Flush();
    }

    private void WriteConnAck(in ConnBody ack)
    {
        // Ahead of everything that was sent to the peer while it logged in: it drops whatever precedes ConnAck.
        var length = ack.GetConnAckLength();
        NoteQueued(Frame.HeaderLength + length);
        ack.WriteConnAck(FrameCodec.WriteHeader(_urgent.Reserve(Frame.HeaderLength + length), FrameType.ConnAck, _connPacketId, length));
    }

    private void HandleConn(ulong packetId, ReadOnlySpan<byte> body)
    {
        var conn = ConnBody.ParseConn(body);
        _connPacketId = packetId;
        _heartbeatMilliseconds = (long)conn.HeartbeatInterval.TotalMilliseconds;
        _messageWindow = ToWindow(Options.PlainMessageWindow);
        if ((conn.Flags & ConnBody.ExtendedFlag) != 0)
        {
            PeerFeatures = conn.Features & Options.Features;
            _messageWindow = ToWindow(conn.MessageWindow);
        }

        lock (_gate)
        {
            _held = true;
            _state = State.LoggingIn;
            _handshakeDeadline = Environment.TickCount64 + (long)Options.HandshakeTimeout.TotalMilliseconds;
        }

        if (Base64Text.GetDecodedLength(conn.Meta) > Options.MaxMetaBytes || Base64Text.GetDecodedLength(conn.MoveToken) > MaxMoveTokenBytes)
        {
            OnLimitReached(ConnectionLimit.MetaTooLarge);
            Refuse(conn.ClientId, $"metadata too large: the limit is {Options.MaxMetaBytes} bytes");
            return;
        }

        OnConn(conn);
    }

    private void HandleConnAck(ulong packetId, ReadOnlySpan<byte> body)
    {
        var ack = ConnBody.ParseConnAck(body);
        if (ack.Accepted)
        {
            PeerFeatures = ack.Features & Options.Features;
            _messageWindow = ToWindow(ack.Features == PeerFeatures.None ? Options.PlainMessageWindow : ack.MessageWindow);
            _nextHeartbeat = Environment.TickCount64 + _heartbeatMilliseconds;
            lock (_gate)
            {
                _state = State.Open;
            }
        }
        else
        {
            lock (_gate)
            {
                _refused = true;
                StartClosing(DisconnectReason.Refused);
            }
        }

        ScheduleTimer();
        OnConnAck(ack);
    }
}
