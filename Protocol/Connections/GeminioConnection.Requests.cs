using System.Buffers.Binary;

namespace Frontier.Protocol;

/// <summary>What became of an attempt to send something that will be answered.</summary>
public enum SendOutcome
{
    /// <summary>It is on its way; the sink will hear of it.</summary>
    Sent,

    /// <summary>The peer is gone or going; the sink will not be called.</summary>
    NotConnected,

    /// <summary>So much waits for the peer that it takes nothing more; the sink will not be called.</summary>
    SlowConsumer,

    /// <summary>As many requests to the peer are in flight as may be; the sink will not be called.</summary>
    TooManyInFlight,

    /// <summary>The frame would be larger than peers accept; the sink will not be called.</summary>
    TooLarge,
}

public abstract partial class GeminioConnection
{
    private static ReadOnlySpan<byte> ConnectionLostText => "connection lost"u8;

    private PendingTable _pending;
    private InFlightTable _inFlight;
    private long _earliestDeadline = long.MaxValue;

    /// <summary>Requests and messages of the peer that have not been answered.</summary>
    public int InFlight
    {
        get
        {
            lock (_gate)
            {
                return _inFlight.Count;
            }
        }
    }

    /// <summary>Places for requests in flight, in both directions, that there is memory for.</summary>
    internal int InFlightCapacity
    {
        get
        {
            lock (_gate)
            {
                return _pending.Capacity + _inFlight.Capacity;
            }
        }
    }

    /// <summary>
    /// Sends a Request or a Message and remembers who wants the answer. A Message waits in order while the peer has as many unacknowledged as it takes. The connection sets the packet id, type and time in
    /// <paramref name="pending"/>; the caller sets the sink, its own ids, and the deadline.
    /// </summary>
    public SendOutcome TrySend(FrameType type, in MessageBody body, PendingReply pending)
    {
        var timed = body;
        WriteTimes(type, ref timed);
        var form = FormOf(timed);
        var length = timed.GetLength(form);
        if (length > MaxBodyLength)
        {
            return SendOutcome.TooLarge;
        }

        lock (_gate)
        {
            var isMessage = type == FrameType.Message;
            var outcome = ReservePending(pending.Source, Frame.HeaderLength + length, isMessage);
            if (outcome != SendOutcome.Sent)
            {
                return outcome;
            }

            pending.TargetSessionId = timed.SessionId;
            var lane = isMessage ? LaneOf(timed.SessionId) : null;
            pending.IsWaiting = MustWait(lane);
            AddPending(type, ref pending);
            timed.Write(isMessage ? BeginMessage(lane, pending, length) : Begin(type, pending.PacketId, length, pending.Source), form);
        }

        if (type == FrameType.Request && pending.Sink is GeminioConnection origin && (origin.PeerFeatures & PeerFeatures.RequestCancel) != 0)
        {
            origin.NoteForwarded(pending.OriginPacketId, this, pending.PacketId);
        }

        ScheduleDeadline(pending.Deadline);
        Flush();
        return SendOutcome.Sent;
    }

    /// <summary>Announces a method on a session; the answer is a RegisterAck.</summary>
    public SendOutcome TryRegister(ulong sessionId, ReadOnlySpan<byte> method, PendingReply pending)
    {
        lock (_gate)
        {
            var outcome = ReservePending();
            if (outcome != SendOutcome.Sent)
            {
                return outcome;
            }

            AddPending(FrameType.Register, ref pending);
            var output = Begin(FrameType.Register, pending.PacketId, sizeof(ulong) + method.Length);
            BinaryPrimitives.WriteUInt64BigEndian(output, sessionId);
            method.CopyTo(output[sizeof(ulong)..]);
        }

        ScheduleDeadline(pending.Deadline);
        Flush();
        return SendOutcome.Sent;
    }

    /// <summary>Gives up on what a sink awaits for one of its ids; tells the peer if it understands. The sink hears of it as <see cref="ReplyLoss.Canceled"/>.</summary>
    /// <returns>False when nothing is awaited for the id: it has been answered.</returns>
    public bool CancelPending(IReplySink sink, ulong originPacketId, ushort cancelType = CancelTypeCanceled) =>
        CancelPending(sink, originPacketId, 0, cancelType);

    // The packet id the request was sent under, when known, saves looking through the whole table.
    private bool CancelPending(IReplySink sink, ulong originPacketId, ulong packetId, ushort cancelType)
    {
        PendingReply pending;
        lock (_gate)
        {
            var found = packetId == 0
                ? _pending.TryTakeByOrigin(sink, originPacketId, out pending)
                : _pending.TryTakeByOrigin(sink, originPacketId, packetId, out pending);
            if (!found)
            {
                return false;
            }

            NoteGivenUp(pending);
            WriteCancel(pending, cancelType);
            NoteIdle();
        }

        Flush();
        pending.Sink!.OnReplyLost(this, pending, ReplyLoss.Canceled);
        return true;
    }

    // Gives up on what a sink awaits for some of its ids: the peer behind it is gone.
    private void CancelAllPending(IReplySink sink, HashSet<ulong> originPacketIds)
    {
        var canceled = new List<PendingReply>();
        lock (_gate)
        {
            _pending.TakeAllByOrigin(sink, originPacketIds, canceled);
            foreach (var pending in canceled)
            {
                if (pending.IsWaiting)
                {
                    _pending.Add(pending with { Sink = NoSink.Instance }); // It has been taken, so it is delivered like those before it.
                    continue;
                }

                NoteGivenUp(pending);
                WriteCancel(pending, CancelTypeCanceled);
            }

            NoteIdle();
        }

        Flush();
        foreach (var pending in canceled)
        {
            pending.Sink!.OnReplyLost(this, pending, ReplyLoss.Canceled);
        }
    }

    /// <summary>
    /// Answers a Request or Message of the peer that was taken with <see cref="TryTake"/>. Does nothing when it was answered or canceled already. An answer
    /// above the frame limit, which the peer would close the connection for, is replaced by the error <c>answer too large</c>.
    /// </summary>
    public void Answer(FrameType type, ulong packetId, in MessageBody body)
    {
        var form = FormOf(body);
        var length = body.GetLength(form);
        if (length <= MaxBodyLength)
        {
            WriteAnswer(type, packetId, body, length, form);
            return;
        }

        var error = new MessageBody // The text is the same in both forms.
        {
            SessionId = body.SessionId, IsBinary = body.IsBinary, KeyIsText = body.KeyIsText, Key = body.Key, Error = "answer too large"u8,
        };
        if (error.GetLength(form) > MaxBodyLength)
        {
            error.Key = default;
        }

        WriteAnswer(type, packetId, error, error.GetLength(form), form);
    }

    /// <summary>The length that a body has when it is sent to this peer, in bytes.</summary>
    protected int GetSentLength(in MessageBody body) => body.GetLength(FormOf(body));

    // Looked at once for each frame: between gateways it may change.
    private PeerFeatures FormOf(in MessageBody body) => IsGatewayLink && !body.IsBinary ? PeerFeatures & ~PeerFeatures.BinaryBodies : PeerFeatures;

    private int? CodeForPeer(int? code) => (PeerFeatures & PeerFeatures.ErrorCodes) != 0 ? code : null;

    private void CheckForm(ReadOnlySpan<byte> body)
    {
        if (MessageBody.IsBinaryBody(body) && !IsGatewayLink && (PeerFeatures & PeerFeatures.BinaryBodies) == 0)
        {
            ProtocolViolationException.Throw(DisconnectReason.MalformedJson, "a binary body that was not agreed on");
        }
    }

    private int MaxBodyLength => Options.MaxFrameBytes - Frame.HeaderLength;

    private void WriteAnswer(FrameType type, ulong packetId, in MessageBody body, int length, PeerFeatures form)
    {
        bool overrun;
        lock (_gate)
        {
            if (!TryEndInFlight(packetId) || _writeClosed)
            {
                return;
            }

            overrun = _outboundBytes > Options.MaxAnswerBytes; // What waited before this one: a single answer may have any allowed size.
            body.Write(Begin(type, packetId, length), form);
            DisConnWhenDismissed(); // It may have been what the closing handshake waits for.
        }

        if (overrun)
        {
            Abort(DisconnectReason.SlowConsumer);
        }

        Flush();
    }

    /// <summary>The <c>cancelType</c> that says the caller gave up.</summary>
    protected const ushort CancelTypeCanceled = 1;

    /// <summary>The <c>cancelType</c> that says the deadline passed.</summary>
    protected const ushort CancelTypeDeadlineExceeded = 2;

    /// <summary>
    /// Takes responsibility for answering a Request or Message of the peer, before it is passed on. False when the peer has as many in flight as it may;
    /// it must then be answered with <see cref="Reject"/>.
    /// </summary>
    /// <param name="packetId">The frame's id.</param>
    /// <param name="target">Where it is passed on to, so that a cancellation can follow; null when it is answered here.</param>
    /// <exception cref="ProtocolViolationException">The id is in flight already.</exception>
    protected bool TryTake(ulong packetId, GeminioConnection? target)
    {
        lock (_gate)
        {
            if (_inFlight.Count >= Options.MaxInFlight)
            {
                return false;
            }

            if (!_inFlight.TryAdd(packetId, target))
            {
                ProtocolViolationException.Throw(DisconnectReason.UnexpectedFrame, "a packet id that is in flight already");
            }
        }

        return true;
    }

    /// <summary>Gives the responsibility back: the frame is not answered, or is to be answered with <see cref="Reject"/>.</summary>
    /// <returns>False when it has been answered.</returns>
    protected bool Release(ulong packetId)
    {
        lock (_gate)
        {
            return TryEndInFlight(packetId);
        }
    }

    // The caller holds the lock.
    private bool TryEndInFlight(ulong packetId)
    {
        var isTaken = _inFlight.TryRemove(packetId);
        NoteIdle();
        return isTaken;
    }

    /// <summary>Answers a Request or Message of the peer that was not taken with an error.</summary>
    /// <param name="type">Request or Message.</param>
    /// <param name="packetId">The frame's id.</param>
    /// <param name="sessionId">The session it came on.</param>
    /// <param name="key">The method's name in base64; see <see cref="MessageBody.TextKey"/>.</param>
    /// <param name="error">Why, as it stands between quotes.</param>
    /// <param name="code">The error's stable number, for peers that want it; null for none.</param>
    protected void Reject(FrameType type, ulong packetId, ulong sessionId, ReadOnlySpan<byte> key, ReadOnlySpan<byte> error, int? code = null)
    {
        var answer = new MessageBody { SessionId = sessionId, Key = key, Error = error, ErrorCode = code };
        var form = FormOf(answer);
        lock (_gate)
        {
            if (_writeClosed)
            {
                return;
            }

            answer.Write(Begin(AnswerTo(type), packetId, answer.GetLength(form)), form);
        }

        Flush();
    }

    /// <summary>The type that answers a Request or Message.</summary>
    protected static FrameType AnswerTo(FrameType type) => type == FrameType.Request ? FrameType.Response : FrameType.MessageAck;

    /// <summary>Sends RegisterAck.</summary>
    protected void AnswerRegister(ulong packetId, ulong sessionId, ReadOnlySpan<byte> error = default, int? code = null)
    {
        var ack = new SessionBody { SessionId = sessionId, Error = error, ErrorCode = CodeForPeer(code) };
        lock (_gate)
        {
            if (_writeClosed)
            {
                return;
            }

            ack.WriteDismiss(Begin(FrameType.RegisterAck, packetId, ack.GetDismissLength()));
        }

        Flush();
    }

    /// <summary>A Request or a Message came. Answer it exactly once: <see cref="Reject"/>, or <see cref="TryTake"/> now and <see cref="Answer"/> later.</summary>
    /// <param name="type">Request or Message.</param>
    /// <param name="packetId">The frame's id; the answer carries it.</param>
    /// <param name="session">The stream it came on; null for the connection itself.</param>
    /// <param name="body">The body; valid until the method returns.</param>
    protected abstract void OnRequest(FrameType type, ulong packetId, StreamSession? session, in MessageBody body);

    /// <summary>The peer announces a method; answer with <see cref="AnswerRegister"/>.</summary>
    /// <param name="packetId">The frame's id.</param>
    /// <param name="sessionId">The session it is announced on.</param>
    /// <param name="method">The name, checked to be UTF-8 of an allowed length.</param>
    protected abstract void OnRegister(ulong packetId, ulong sessionId, ReadOnlySpan<byte> method);

    /// <summary>The peer gave up on a request that nobody else is handling: it was taken without a target, or waits to go to another. It is still to be answered.</summary>
    protected virtual void OnCanceled(ulong packetId)
    {
    }

    private SendOutcome ReservePending(ulong source = QueueShare.NoSource, int length = 0, bool isMessage = false)
    {
        if (_writeClosed || !AcceptsTraffic || _rootDismissReceived || _leaving)
        {
            return SendOutcome.NotConnected;
        }

        var queued = _outboundBytes + (isMessage ? _waitingBytes : 0);
        if (queued > Options.MaxOutboundBytes || (source != QueueShare.NoSource && !HasQueueShare(source, length, queued, isMessage)))
        {
            return SendOutcome.SlowConsumer;
        }

        if (_pending.Count >= Options.MaxInFlight || (source != QueueShare.NoSource && !HasInFlightShare(source)))
        {
            return SendOutcome.TooManyInFlight;
        }

        _pending.Grow();
        return SendOutcome.Sent;
    }

    private bool HasQueueShare(ulong source, int length, long queued, bool isMessage) =>
        !FairShare.IsTight(queued, Options.MaxOutboundBytes)
        || FairShare.Allows(
            _outboundShare.Of(source) + (isMessage ? _waitingShare.Of(source) : 0), length, queued, Options.MaxOutboundBytes);

    private bool HasInFlightShare(ulong source) =>
        !FairShare.IsTight(_pending.Count, Options.MaxInFlight)
        || FairShare.Allows(_pending.HeldBy(source), 0, _pending.Count, Options.MaxInFlight);

    private void AddPending(FrameType type, ref PendingReply pending)
    {
        do
        {
            pending.PacketId = NextPacketId();
        }
        while (_pending.IsTaken(pending.PacketId));

        pending.Type = type;
        pending.IsCounted = pending.Source != QueueShare.NoSource && FairShare.IsTight(_pending.Count, Options.MaxInFlight);
        pending.SentAt = System.Diagnostics.Stopwatch.GetTimestamp();
        _pending.Add(pending);
    }

    private void ScheduleDeadline(long deadline)
    {
        if (deadline < Volatile.Read(ref _earliestDeadline))
        {
            lock (_gate)
            {
                _earliestDeadline = Math.Min(_earliestDeadline, deadline);
            }

            _wheel.Schedule(this, deadline);
        }
    }

    private void NoteForwarded(ulong packetId, GeminioConnection target, ulong targetPacketId)
    {
        lock (_gate)
        {
            _inFlight.NoteForwarded(packetId, target, targetPacketId);
        }
    }

    private void WriteCancel(in PendingReply pending, ushort cancelType)
    {
        if (pending.Type != FrameType.Request || (PeerFeatures & PeerFeatures.RequestCancel) == 0 || _writeClosed || _held)
        {
            return;
        }

        var output = Begin(FrameType.RequestCancel, pending.PacketId, sizeof(ulong) + sizeof(ushort));
        BinaryPrimitives.WriteUInt64BigEndian(output, pending.TargetSessionId);
        BinaryPrimitives.WriteUInt16BigEndian(output[sizeof(ulong)..], cancelType);
    }

    /// <summary>
    /// Reads the body of a Request, Message, Response or MessageAck of this connection's peer. Nothing but what the contract lets such a peer say in such a
    /// frame is left in it: members that gateways set, for each other or for peers, are cleared here and nowhere else.
    /// </summary>
    /// <param name="type">The frame's type.</param>
    /// <param name="body">The body; the result refers to it.</param>
    /// <exception cref="ProtocolViolationException">The body is not what it should be.</exception>
    public MessageBody ParseMessage(FrameType type, ReadOnlySpan<byte> body)
    {
        var message = MessageBody.Parse(body);
        if (!IsGatewayLink)
        {
            message.KeepContractMembers(type, fromGateway: Role == ConnectionRole.Dialer, PeerFeatures);
        }

        return message;
    }

    /// <summary>Reads the body of a SessionAck of this connection's peer, as <see cref="ParseMessage"/> does.</summary>
    /// <exception cref="ProtocolViolationException">The body is not what it should be.</exception>
    public SessionBody ParseSessionAck(ReadOnlySpan<byte> body)
    {
        var ack = SessionBody.ParseSessionAck(body);
        KeepContractMembers(ref ack);
        return ack;
    }

    private void KeepContractMembers(ref SessionBody body)
    {
        if (!IsGatewayLink)
        {
            body.KeepContractMembers(fromGateway: Role == ConnectionRole.Dialer, PeerFeatures);
        }
    }

    private void HandleRequest(FrameType type, ulong packetId, ReadOnlySpan<byte> body)
    {
        CheckForm(body);
        var message = ParseMessage(type, body);
        if (_isCutOff)
        {
            Reject(type, packetId, message.SessionId, message.TextKey, ConnectionLostText, (int)FrontierErrorCode.ConnectionLost);
            return;
        }

        ReadTimes(type, packetId, ref message);
        StreamSession? session = null;
        if (message.SessionId != RootSessionId && ((session = FindSession(message.SessionId)) is null || session.Owner is null))
        {
            Reject(type, packetId, message.SessionId, message.TextKey, "session not found"u8);
            return;
        }

        OnRequest(type, packetId, session, message);
    }

    private void HandleReply(FrameType type, ulong packetId, ReadOnlySpan<byte> body)
    {
        var awaited = type switch
        {
            FrameType.Response => FrameType.Request,
            FrameType.MessageAck => FrameType.Message,
            FrameType.RegisterAck => FrameType.Register,
            _ => FrameType.Session,
        };
        if (type is FrameType.Response or FrameType.MessageAck)
        {
            CheckForm(body);
        }

        PendingReply pending;
        bool isAwaited, released;
        lock (_gate)
        {
            isAwaited = _pending.TryTake(packetId, awaited, out pending);
            NoteIdle();
            released = type == FrameType.MessageAck && (isAwaited ? NoteAcknowledged(pending) : NoteAcknowledgedLate(SessionOf(body)));
        }

        if (released)
        {
            Flush();
        }

        if (!isAwaited)
        {
            IgnoredFrames++; // Late, or an ack nobody waits for: both normal.
            return;
        }

        try
        {
            pending.Sink!.OnReply(this, pending, type, body);
        }
        catch (ProtocolViolationException)
        {
            // The answer is malformed: its sender's connection ends, but whoever asked must still hear something.
            pending.Sink!.OnReplyLost(this, pending, ReplyLoss.ConnectionClosed);
            throw;
        }
    }

    private static ulong SessionOf(ReadOnlySpan<byte> body) => BinaryPrimitives.TryReadUInt64BigEndian(body, out var sessionId) ? sessionId : 0;

    private void HandleRegister(ulong packetId, ReadOnlySpan<byte> body)
    {
        if (body.Length < sizeof(ulong))
        {
            ProtocolViolationException.Throw(DisconnectReason.TruncatedBody, $"a registration of {body.Length} bytes");
        }

        var sessionId = BinaryPrimitives.ReadUInt64BigEndian(body);
        var method = body[sizeof(ulong)..];
        if (!System.Text.Unicode.Utf8.IsValid(method))
        {
            ProtocolViolationException.Throw(DisconnectReason.MalformedUtf8, "a method name that is not UTF-8");
        }

        if (method.Length > Options.MaxNameBytes)
        {
            OnLimitReached(ConnectionLimit.NameTooLarge);
            AnswerRegister(packetId, sessionId, "method name too large"u8);
            return;
        }

        if (_isCutOff)
        {
            AnswerRegister(packetId, sessionId, ConnectionLostText, (int)FrontierErrorCode.ConnectionLost);
            return;
        }

        OnRegister(packetId, sessionId, method);
    }

    private void HandleRequestCancel(ulong packetId, ReadOnlySpan<byte> body)
    {
        if (body.Length < sizeof(ulong) + sizeof(ushort))
        {
            ProtocolViolationException.Throw(DisconnectReason.TruncatedBody, $"a cancellation of {body.Length} bytes");
        }

        GeminioConnection? target;
        ulong targetPacketId;
        lock (_gate)
        {
            if (!_inFlight.TryGet(packetId, out target, out targetPacketId))
            {
                IgnoredFrames++; // Answered already.
                return;
            }
        }

        if (target is null || this is not IReplySink sink
            || !target.CancelPending(sink, packetId, targetPacketId, BinaryPrimitives.ReadUInt16BigEndian(body[sizeof(ulong)..])))
        {
            OnCanceled(packetId);
        }
    }

    // Everything awaited from this peer is given up.
    private void GiveUpPending(ReplyLoss loss)
    {
        var lost = new List<PendingReply>();
        lock (_gate)
        {
            _pending.TakeAll(lost);
            DropWaiting();
        }

        // In the order in which they were sent, since some of it is about to be sent elsewhere.
        lost.Sort(static (one, other) => one.SentAt != other.SentAt ? one.SentAt.CompareTo(other.SentAt) : one.PacketId.CompareTo(other.PacketId));
        foreach (var pending in lost)
        {
            pending.Sink!.OnReplyLost(this, pending, loss);
        }
    }

    // Nobody wants the answers to what this peer asked of others.
    private void GiveUpInFlight()
    {
        var taken = new List<(ulong PacketId, GeminioConnection Target)>();
        lock (_gate)
        {
            _inFlight.TakeAll(taken);
        }

        if (this is IReplySink sink)
        {
            // One pass over each target's table, however many requests it has of this peer.
            foreach (var forwarded in taken.GroupBy(entry => entry.Target, entry => entry.PacketId))
            {
                forwarded.Key.CancelAllPending(sink, [.. forwarded]);
            }
        }
    }
}
