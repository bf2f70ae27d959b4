using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Frontier.Protocol;
using ProtocolViolationException = Frontier.Protocol.ProtocolViolationException;

namespace Frontier.Load;

/// <summary>
/// One Geminio connection, as little of it as a load needs: login, heartbeats, the closing handshake, and frames in both directions. Idle, it holds no
/// buffer. Requests of the other end go to the <see cref="Responder"/>, answers to the <see cref="Events"/>.
/// </summary>
internal sealed unsafe class Peer : LoopSocket
{
    // Go clients always send client-id acquire and a heartbeat of 20 s.
    private const byte ConnFlags = ConnBody.ClientIdAcquireFlag | 0x10;

    // Larger than any gateway's limit: a length beyond it is not a frame.
    private const int MaxBodyBytes = 256 << 20;

    private readonly EventLoop _loop;
    private readonly Responder _responder;
    private byte[]? _out;
    private int _outStart;
    private int _outEnd;
    private byte[]? _partial;
    private int _partialLength;
    private int _partialNeeds;
    private uint _nextId;
    private bool _watchesOut;
    private bool _saidGoodbye;
    private bool _goodbyeAnswered;
    private bool _goodbyeHeard;

    private Peer(EventLoop loop, Responder responder, PeerEvents events, bool isDialer)
    {
        _loop = loop;
        _responder = responder;
        Events = events;
        IsDialer = isDialer;
        StartedAt = HeartbeatAt = loop.Now;
    }

    /// <summary>Who hears of what happens.</summary>
    public PeerEvents Events { get; set; }

    /// <summary>How far it is.</summary>
    public PeerState State { get; private set; }

    /// <summary>Whether this end connected; else it plays the gateway for edges that come through the bare relay.</summary>
    public bool IsDialer { get; }

    /// <summary>Whether bytes of streams are to be answered or checked by the <see cref="Responder"/>.</summary>
    public bool TakesStreams { get; init; }

    private bool WantsBinary { get; init; }

    /// <summary>The id from ConnAck: the edge's id.</summary>
    public ulong Id { get; private set; }

    /// <summary>When it started to connect, in ticks.</summary>
    public long StartedAt { get; }

    /// <summary>When the last heartbeat was sent, in ticks.</summary>
    public long HeartbeatAt { get; set; }

    /// <summary>The metadata to log in with.</summary>
    public byte[] Meta { get; init; } = [];

    /// <summary>A number of whoever listens to the events.</summary>
    public int Tag { get; set; }

    /// <summary>The stream that was opened over this connection; 0 for none.</summary>
    public ulong SessionId { get; set; }

    /// <summary>Whether bodies are exchanged without JSON and base64; known once online.</summary>
    public bool IsBinary { get; private set; }

    /// <summary>Whether <see cref="PeerEvents.Drained"/> is wanted.</summary>
    public bool WantsDrained { get; set; }

    /// <summary>Streams of the other end, whose bytes are checked.</summary>
    public Dictionary<ulong, StreamCheck>? Streams { get; set; }

    /// <summary>Starts to connect. Null when not even that is possible.</summary>
    public static Peer? Dial(
        EventLoop loop, Responder responder, PeerEvents events, IPEndPoint target, IPAddress? source, byte[] meta, bool takesStreams, bool wantsBinary, int tag, out string problem)
    {
        var descriptor = NativeSocket.Connect(target, source, out var error);
        if (descriptor < 0)
        {
            problem = SocketFailure.Describe(error);
            return null;
        }

        problem = string.Empty;
        var peer = new Peer(loop, responder, events, isDialer: true) { Descriptor = descriptor, Meta = meta, TakesStreams = takesStreams, WantsBinary = wantsBinary, Tag = tag };
        loop.Add(peer, Native.Out);
        return peer;
    }

    /// <summary>Takes a connection that was accepted; the other end logs in.</summary>
    public static Peer Adopt(EventLoop loop, Responder responder, PeerEvents events, int descriptor)
    {
        var peer = new Peer(loop, responder, events, isDialer: false) { Descriptor = descriptor, TakesStreams = true, State = PeerState.LoggingIn };
        loop.Add(peer, Native.In);
        return peer;
    }

    /// <summary>An id for a frame that is not an operation: above those, which carry their slot.</summary>
    public ulong NextId() => PacketIds.ForSetup(_nextId++, IsDialer);

    /// <summary>Room for bytes that will be sent with everything else gathered until the loop has handled what is ready.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Reserve(int length)
    {
        if (_out is null || _out.Length - _outEnd < length)
        {
            MakeRoom(length);
        }

        var room = _out.AsSpan(_outEnd, length);
        _outEnd += length;
        _loop.MarkDirty(this);
        return room;
    }

    /// <summary>Writes a frame's header and gives the room for its body.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> ReserveFrame(FrameType type, ulong packetId, int bodyLength)
    {
        var frame = Reserve(Frame.HeaderLength + bodyLength);
        frame[0] = Frame.Version;
        frame[1] = (byte)type;
        BinaryPrimitives.WriteUInt64BigEndian(frame[2..], packetId);
        BinaryPrimitives.WriteUInt32BigEndian(frame[10..], (uint)bodyLength);
        return frame[Frame.HeaderLength..];
    }

    /// <summary>Writes a frame.</summary>
    public void Write(FrameType type, ulong packetId, ReadOnlySpan<byte> body) => body.CopyTo(ReserveFrame(type, packetId, body.Length));

    /// <summary>Sends a heartbeat.</summary>
    public void SendHeartbeat(long now)
    {
        HeartbeatAt = now;
        Write(FrameType.Heartbeat, NextId(), default);
    }

    /// <summary>Starts the closing handshake.</summary>
    public void Leave()
    {
        State = PeerState.Leaving;
        SayGoodbye();
    }

    /// <summary>Closes the socket, without a word.</summary>
    public void Close()
    {
        if (Descriptor < 0)
        {
            return;
        }

        State = PeerState.Gone;
        var descriptor = Descriptor;
        Descriptor = -1;
        _loop.Close(this, descriptor);
        ReleaseOut();
        ReleasePartial();
    }

    /// <inheritdoc/>
    public override void OnReady(uint events)
    {
        if (State == PeerState.Connecting)
        {
            if (NativeSocket.TakeError(Descriptor) is var error and not 0)
            {
                Lose(SocketFailure.Describe(error));
                return;
            }

            State = PeerState.LoggingIn;
            _loop.Change(this, Native.In);
            LogIn();
            return;
        }

        if ((events & (Native.In | Native.HangUp | Native.Error)) != 0)
        {
            Receive();
        }

        if ((events & Native.Out) != 0)
        {
            Flush();
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        if (Descriptor < 0 || State == PeerState.Connecting)
        {
            return;
        }

        while (_outStart < _outEnd)
        {
            nint sent;
            fixed (byte* bytes = &_out![_outStart])
            {
                sent = Native.Send(Descriptor, bytes, (nuint)(_outEnd - _outStart), Native.NoSignal);
            }

            if (sent < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error == Native.Interrupted)
                {
                    continue;
                }

                if (error == Native.Again)
                {
                    WatchOut(true);
                    return;
                }

                // What the other end sent before it closed may say why.
                _outStart = _outEnd = 0;
                Receive();
                if (Descriptor >= 0)
                {
                    Lose(SocketFailure.Describe(error));
                }

                return;
            }

            _outStart += (int)sent;
        }

        WatchOut(false);
        ReleaseOut();
        if (WantsDrained && State == PeerState.Online)
        {
            Events.Drained(this);
        }
    }

    private void LogIn()
    {
        var body = new ConnBody { Flags = ConnFlags, Meta = Base64Text.Encode(Meta), Features = WantsBinary ? PeerFeatures.BinaryBodies : PeerFeatures.None };
        body.WriteConn(ReserveFrame(FrameType.Conn, NextId(), body.GetConnLength()));
    }

    private void Receive()
    {
        if (_partialNeeds > _loop.ReceiveBuffer.Length / 2)
        {
            ReceiveLarge();
            return;
        }

        var buffer = _loop.ReceiveBuffer;
        var have = _partialLength;
        if (have > 0)
        {
            _partial.AsSpan(0, have).CopyTo(buffer);
        }

        var received = ReceiveInto(buffer, have, buffer.Length - have);
        if (received <= 0)
        {
            return;
        }

        ReleasePartial();
        var used = Take(buffer.AsSpan(0, have + received), out var needs);
        if (Descriptor >= 0 && used < have + received)
        {
            Keep(buffer.AsSpan(used, have + received - used), needs);
        }
    }

    // A frame that is larger than what is read at once is gathered in an array of its own.
    private void ReceiveLarge()
    {
        var received = ReceiveInto(_partial!, _partialLength, _partialNeeds - _partialLength);
        if (received <= 0)
        {
            return;
        }

        _partialLength += received;
        if (_partialLength == _partialNeeds)
        {
            var frame = _partial!;
            var length = _partialLength;
            _partial = null;
            _partialLength = _partialNeeds = 0;
            Take(frame.AsSpan(0, length), out _);
            _loop.Buffers.Return(frame);
        }
    }

    private int ReceiveInto(byte[] buffer, int offset, int length)
    {
        nint received;
        fixed (byte* bytes = &buffer[offset])
        {
            received = Native.Receive(Descriptor, bytes, (nuint)length, 0);
        }

        _loop.Tick();
        if (received > 0)
        {
            return (int)received;
        }

        if (received == 0)
        {
            Lose(State switch
            {
                PeerState.LoggingIn => "closed by the server before ConnAck (its limit of connections or descriptors?)",
                _ => "closed by the server",
            });
        }
        else if (Marshal.GetLastPInvokeError() is var error and not (Native.Again or Native.Interrupted))
        {
            Lose(SocketFailure.Describe(error));
        }

        return 0;
    }

    private int Take(ReadOnlySpan<byte> bytes, out int needs)
    {
        var used = 0;
        while (true)
        {
            var rest = bytes[used..];
            if (rest.Length < Frame.HeaderLength)
            {
                needs = Frame.HeaderLength;
                return used;
            }

            var length = BinaryPrimitives.ReadUInt32BigEndian(rest[10..]);
            if (rest[0] != Frame.Version || length > MaxBodyBytes)
            {
                needs = 0;
                Lose("broken frame");
                return used;
            }

            needs = Frame.HeaderLength + (int)length;
            if (rest.Length < needs)
            {
                return used;
            }

            used += needs;
            Handle((FrameType)rest[1], BinaryPrimitives.ReadUInt64BigEndian(rest[2..]), rest[Frame.HeaderLength..needs]);
            if (Descriptor < 0)
            {
                return used;
            }
        }
    }

    private void Handle(FrameType type, ulong packetId, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case FrameType.Response:
            case FrameType.MessageAck:
            case FrameType.RegisterAck:
            case FrameType.SessionAck:
                Events.Answered(this, type, packetId, body);
                break;
            case FrameType.Request:
                _responder.Answer(this, packetId, body);
                break;
            case FrameType.Message:
                _responder.Acknowledge(this, packetId, body);
                break;
            case FrameType.Stream when body.Length >= sizeof(ulong):
                var session = BinaryPrimitives.ReadUInt64BigEndian(body);
                if (TakesStreams)
                {
                    _responder.Take(this, session, body[sizeof(ulong)..]);
                }
                else
                {
                    Events.Streamed(this, session, body[sizeof(ulong)..]);
                }

                break;
            case FrameType.Session:
                _responder.Open(this, packetId, body);
                break;
            case FrameType.Register when body.Length >= sizeof(ulong):
                Write(FrameType.RegisterAck, packetId, [.. body[..sizeof(ulong)], .. "{}"u8]);
                break;
            case FrameType.Conn when !IsDialer && State == PeerState.LoggingIn:
                Accept(packetId, body);
                break;
            case FrameType.ConnAck when IsDialer && State == PeerState.LoggingIn:
                TakeConnAck(body);
                break;
            case FrameType.Heartbeat:
                Write(FrameType.HeartbeatAck, packetId, default);
                break;
            case FrameType.Dismiss when body.Length >= sizeof(ulong):
                Write(FrameType.DismissAck, packetId, body);
                Write(FrameType.Dismiss, NextId(), [.. body[..sizeof(ulong)], .. "{}"u8]);
                Events.Answered(this, type, packetId, body);
                break;
            case FrameType.DisConn:
                Write(FrameType.DisConnAck, packetId, "\0{}"u8);
                HearGoodbye();
                break;
            case FrameType.DisConnAck:
                _goodbyeAnswered = true;
                EndIfDone();
                break;
        }
    }

    private void Accept(ulong packetId, ReadOnlySpan<byte> conn)
    {
        Id = (ulong)Index + 1;
        IsBinary = (ConnBody.ParseConn(conn).Features & PeerFeatures.BinaryBodies) != 0;
        var ack = new ConnBody { Accepted = true, ClientId = Id, Features = IsBinary ? PeerFeatures.BinaryBodies : PeerFeatures.None };
        ack.WriteConnAck(ReserveFrame(FrameType.ConnAck, packetId, ack.GetConnAckLength()));
        State = PeerState.Online;
        Events.Online(this);
    }

    private void TakeConnAck(ReadOnlySpan<byte> body)
    {
        ConnBody ack;
        try
        {
            ack = ConnBody.ParseConnAck(body);
        }
        catch (ProtocolViolationException)
        {
            Lose("broken ConnAck");
            return;
        }

        if (!ack.Accepted)
        {
            Lose($"login refused: {JsonText.Decode(ack.Error, ack.ErrorEscaped)}");
            return;
        }

        Id = ack.ClientId;
        IsBinary = (ack.Features & PeerFeatures.BinaryBodies) != 0;
        State = PeerState.Online;
        HeartbeatAt = _loop.Now;
        Events.Online(this);
    }

    private void HearGoodbye()
    {
        _goodbyeHeard = true;
        if (!_saidGoodbye)
        {
            SayGoodbye();
            if (IsDialer)
            {
                // Not asked for: the server is leaving. The rest of the handshake is its business.
                Flush();
                Lose("disconnected by the server");
                return;
            }

            State = PeerState.Leaving;
        }

        EndIfDone();
    }

    private void SayGoodbye()
    {
        _saidGoodbye = true;
        Write(FrameType.DisConn, NextId(), default);
    }

    private void EndIfDone()
    {
        if (_goodbyeAnswered && _goodbyeHeard && Descriptor >= 0)
        {
            Flush();
            Close();
            Events.Left(this);
        }
    }

    private void Lose(string reason)
    {
        if (Descriptor < 0)
        {
            return;
        }

        var wasLeaving = State == PeerState.Leaving;
        Close();
        if (wasLeaving)
        {
            Events.Left(this); // The other end may skip the rest of the handshake.
        }
        else
        {
            Events.Lost(this, reason);
        }
    }

    private void Keep(ReadOnlySpan<byte> rest, int needs)
    {
        _partial = _loop.Buffers.Rent(Math.Max(needs, rest.Length));
        rest.CopyTo(_partial);
        _partialLength = rest.Length;
        _partialNeeds = needs;
    }

    private void ReleasePartial()
    {
        if (_partial is not null)
        {
            _loop.Buffers.Return(_partial);
            _partial = null;
        }

        _partialLength = _partialNeeds = 0;
    }

    private void MakeRoom(int length)
    {
        var waiting = _outEnd - _outStart;
        var larger = _loop.Buffers.Rent(waiting + length);
        if (_out is not null)
        {
            _out.AsSpan(_outStart, waiting).CopyTo(larger);
            _loop.Buffers.Return(_out);
        }

        _out = larger;
        _outStart = 0;
        _outEnd = waiting;
    }

    private void ReleaseOut()
    {
        if (_out is not null)
        {
            _loop.Buffers.Return(_out);
            _out = null;
        }

        _outStart = _outEnd = 0;
    }

    private void WatchOut(bool watch)
    {
        if (_watchesOut != watch)
        {
            _watchesOut = watch;
            _loop.Change(this, watch ? Native.In | Native.Out : Native.In);
        }
    }
}
