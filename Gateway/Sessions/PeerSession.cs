using System.Net;
using System.Text;
using Frontier.GrainInterfaces;
using Frontier.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>
/// An edge's or a service's connection: what the two have in common. Frames are passed to the session at the other end by the session they came in on,
/// on its read loop; the answer is passed back by the session it comes in on.
/// </summary>
internal abstract partial class PeerSession : GeminioConnection, IReplySink, ISessionLink
{
    private readonly ConnectionContext _transport;

    protected PeerSession(ConnectionContext transport, GatewayCore gateway, PeerKind kind)
        : base(transport.Transport, ConnectionRole.Acceptor, gateway.ConnectionOptions, gateway.Wheel)
    {
        _transport = transport;
        Gateway = gateway;
        Kind = kind;
        ConnectedAt = DateTimeOffset.UtcNow;
    }

    /// <summary>Whether this is an edge or a service.</summary>
    public PeerKind Kind { get; }

    /// <inheritdoc/>
    public long Epoch { get; protected set; }

    /// <summary>When the connection was accepted.</summary>
    public DateTimeOffset ConnectedAt { get; }

    /// <summary>The peer's address, <c>ip:port</c>.</summary>
    public string Address => _transport.RemoteEndPoint?.ToString() ?? string.Empty;

    /// <summary>The peer's IP address as a number, to choose by.</summary>
    public ulong SourceHash => HashOf((_transport.RemoteEndPoint as IPEndPoint)?.Address);

    protected GatewayCore Gateway { get; }

    protected abstract ILogger Logger { get; }

    /// <summary>The error text others get when this session goes away while they wait for it.</summary>
    private string GoneText => Kind == PeerKind.Edge ? FrontierErrorText.EdgeNotOnline : FrontierErrorText.ServiceNotOnline;

    /// <inheritdoc/>
    public void Close(SessionCloseReason reason) => Close(reason switch
    {
        SessionCloseReason.Superseded => DisconnectReason.Superseded,
        SessionCloseReason.Kicked => DisconnectReason.Kicked,
        _ => DisconnectReason.ShuttingDown,
    });

    /// <inheritdoc/>
    public async Task<CallResult> CallAsync(CallRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var call = new LinkCall();
        var deadline = Deadlines.From(request.Timeout, Gateway.ForwardTimeoutTicks);
        SendOutcome outcome;
        {
            var body = new MessageBody
            {
                SessionId = RootSessionId,
                Key = Gateway.Keys.Get(Base64Text.Encode(Encoding.UTF8.GetBytes(request.Method))),
                ValueBytes = request.Payload.Span,
                Custom = Base64Text.Encode(request.Custom.Span),
                Deadline = deadline.Time,
            };
            outcome = TrySend(FrameType.Request, body, new PendingReply { Sink = call, Deadline = deadline.Due });
        }

        return await call.CompleteAsync(this, outcome, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task PublishAsync(MessageRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        var call = new LinkCall();
        var deadline = Deadlines.From(message.Timeout, Gateway.ForwardTimeoutTicks);
        SendOutcome outcome;
        {
            var body = new MessageBody
            {
                SessionId = RootSessionId,
                ValueBytes = message.Payload.Span,
                Topic = JsonText.Escape(message.Topic ?? string.Empty),
                Custom = Base64Text.Encode(message.Custom.Span),
                Deadline = deadline.Time,
            };
            outcome = TrySend(FrameType.Message, body, new PendingReply { Sink = call, Deadline = deadline.Due });
        }

        await call.CompleteAsync(this, outcome, cancellationToken);
    }

    /// <inheritdoc/>
    public void OnReply(GeminioConnection source, in PendingReply pending, FrameType type, ReadOnlySpan<byte> body)
    {
        var reply = MessageBody.Parse(body);
        scoped MessageBody answer = new() { SessionId = pending.OriginSessionId };
        if (type == FrameType.Response)
        {
            answer.Key = reply.Key.IsEmpty ? pending.Key : reply.Key;
        }

        Span<byte> tail = stackalloc byte[Base64Text.MaxTailLength];
        if (!reply.Error.IsEmpty)
        {
            answer.Error = reply.Error; // The original drops what came beside an error, and so do its callers.
        }
        else
        {
            answer.Value = reply.Value;
            answer.Custom = reply.Custom;
            if (Kind == PeerKind.Service && pending.OriginSessionId == RootSessionId && !reply.Custom.IsEmpty)
            {
                var length = Base64Text.AppendId(reply.Custom, ((EdgeSession)source).EdgeId, tail, out var keep);
                answer.Custom = reply.Custom[..keep];
                answer.CustomTail = tail[..length];
            }
        }

        var direction = Kind == PeerKind.Edge ? Direction.EdgeToService : Direction.ServiceToEdge;
        Gateway.Metrics.Answered(direction, pending.SentAt);
        if (!FitsFrame(answer))
        {
            AnswerError(pending.Type, pending.OriginPacketId, pending.OriginSessionId, answer.Key, Outcome.TooLarge, FrontierErrorText.TooLarge);
            return;
        }

        Gateway.Metrics.Forwarded(TrafficOf(pending.Type), direction, reply.Error.IsEmpty ? Outcome.Ok : Outcome.PeerError);
        Answer(type, pending.OriginPacketId, answer);
    }

    /// <inheritdoc/>
    public void OnReplyLost(GeminioConnection source, in PendingReply pending, ReplyLoss loss)
    {
        var (outcome, text) = loss switch
        {
            ReplyLoss.Timeout => (Outcome.Timeout, FrontierErrorText.Timeout),
            ReplyLoss.Canceled => (Outcome.Canceled, FrontierErrorText.Canceled),
            _ => (Outcome.ReceiverLost, ((PeerSession)source).GoneText),
        };
        AnswerError(pending.Type, pending.OriginPacketId, pending.OriginSessionId, pending.Key, outcome, text);
    }

    /// <inheritdoc/>
    protected override void AbortTransport() => _transport.Abort();

    /// <inheritdoc/>
    protected override void OnRead(long bytes, int frames) => Gateway.Metrics.Read(Kind, bytes, frames);

    /// <inheritdoc/>
    protected override void OnWritten(long bytes) => Gateway.Metrics.Written(Kind, bytes);

    /// <inheritdoc/>
    protected override void OnLimitReached(ConnectionLimit limit)
    {
        var reason = GatewayMetrics.NameOf(limit);
        Gateway.Metrics.Refused(Kind, reason);
        Log.LimitReached(Logger, Address, reason);
    }

    /// <inheritdoc/>
    protected override void OnRequest(FrameType type, ulong packetId, StreamSession? session, in MessageBody body)
    {
        if (session is not null)
        {
            ForwardOnStream(type, packetId, session, body);
        }
        else if (body.Topic.Length > Options.MaxNameBytes || Base64Text.GetDecodedLength(body.Key) > Options.MaxNameBytes)
        {
            RejectError(type, packetId, body, Outcome.TooLarge, FrontierErrorText.TooLarge);
        }
        else
        {
            Route(type, packetId, body);
        }
    }

    /// <summary>A Request or a Message came on the connection itself: find the receiver.</summary>
    protected abstract void Route(FrameType type, ulong packetId, in MessageBody body);

    /// <summary>Passes a Request or a Message to a session of this gateway. The answer comes back through <see cref="OnReply"/>.</summary>
    /// <returns>False, with nothing answered, when the target turned out to be gone.</returns>
    protected bool TryForward(FrameType type, ulong packetId, ulong originSessionId, PeerSession target, in MessageBody forwarded, GoTime callerDeadline)
    {
        var deadline = Deadlines.From(callerDeadline, Gateway.ForwardTimeoutTicks);
        if (deadline.HasPassed)
        {
            RejectError(type, packetId, originSessionId, forwarded.Key, Outcome.Timeout, FrontierErrorText.Timeout);
            return true;
        }

        if (!TryTake(packetId, target))
        {
            RejectError(type, packetId, originSessionId, forwarded.Key, Outcome.RateLimited, FrontierErrorText.RateLimited);
            return true;
        }

        var body = forwarded;
        body.Timeout = 0;
        body.Deadline = deadline.Time;
        body.ContextDeadline = type == FrameType.Request ? callerDeadline : default;
        var key = type == FrameType.Request ? Gateway.Keys.Get(forwarded.Key) : null;
        var outcome = target.TrySend(type, body, new PendingReply
        {
            Sink = this,
            OriginPacketId = packetId,
            OriginSessionId = originSessionId,
            Key = key,
            Deadline = deadline.Due,
        });
        switch (outcome)
        {
            case SendOutcome.Sent:
                return true;
            case SendOutcome.NotConnected:
                Release(packetId);
                return false;
            default:
                var (result, text) = Describe(outcome);
                AnswerError(type, packetId, originSessionId, key, result, text);
                return true;
        }
    }

    /// <summary>Answers a Request or Message that has been taken with an error, and counts it.</summary>
    protected void AnswerError(FrameType type, ulong packetId, ulong sessionId, ReadOnlySpan<byte> key, Outcome outcome, string text)
    {
        Gateway.Metrics.Forwarded(TrafficOf(type), Outgoing, outcome);
        Answer(AnswerTo(type), packetId, new MessageBody
        {
            SessionId = sessionId,
            Key = type == FrameType.Request ? key : default,
            Error = JsonText.Escape(text),
        });
    }

    /// <summary>Answers a Request or Message that has not been taken with an error, and counts it.</summary>
    protected void RejectError(FrameType type, ulong packetId, in MessageBody body, Outcome outcome, string text) =>
        RejectError(type, packetId, body.SessionId, body.Key, outcome, text);

    private void RejectError(FrameType type, ulong packetId, ulong sessionId, ReadOnlySpan<byte> key, Outcome outcome, string text)
    {
        Gateway.Metrics.Forwarded(TrafficOf(type), Outgoing, outcome);
        Reject(type, packetId, sessionId, type == FrameType.Request ? key : default, JsonText.Escape(text));
    }

    /// <summary>
    /// Passes a Request or a Message on through a grain, because no socket of this gateway leads to the receiver. The payload is decoded: this is not
    /// the path for traffic between peers of one gateway.
    /// </summary>
    protected void ForwardThroughGrain(FrameType type, ulong packetId, in MessageBody body, Func<GrainForward, Task<CallResult>> send)
    {
        var deadline = Deadlines.From(body.EffectiveDeadline, Gateway.ForwardTimeoutTicks);
        if (deadline.HasPassed)
        {
            RejectError(type, packetId, body, Outcome.Timeout, FrontierErrorText.Timeout);
            return;
        }

        if (!TryTake(packetId, null))
        {
            RejectError(type, packetId, body, Outcome.RateLimited, FrontierErrorText.RateLimited);
            return;
        }

        var forward = new GrainForward(
            Base64Text.Decode(body.Key),
            JsonText.Decode(body.Topic, body.TopicEscaped),
            Base64Text.Decode(body.Value),
            Base64Text.Decode(body.Custom),
            deadline.Remaining);
        _ = CompleteAsync(type, packetId, Gateway.Keys.Get(body.Key), forward, send);
    }

    /// <summary>Which way this session's own traffic goes.</summary>
    protected Direction Outgoing => Kind == PeerKind.Edge ? Direction.EdgeToService : Direction.ServiceToEdge;

    private async Task CompleteAsync(FrameType type, ulong packetId, byte[] key, GrainForward forward, Func<GrainForward, Task<CallResult>> send)
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        try
        {
            // The grain call has a deadline of its own; this one is for the case that the cluster cannot answer at all.
            var result = await send(forward).WaitAsync(forward.Remaining + TimeSpan.FromSeconds(1));
            var answer = new MessageBody
            {
                SessionId = RootSessionId,
                Key = type == FrameType.Request ? key : default,
                ValueBytes = result.Payload.Span,
                Custom = Base64Text.Encode(result.Custom.Span),
            };
            Gateway.Metrics.Answered(Outgoing, started);
            if (!FitsFrame(answer))
            {
                AnswerError(type, packetId, RootSessionId, key, Outcome.TooLarge, FrontierErrorText.TooLarge);
                return;
            }

            Gateway.Metrics.Forwarded(TrafficOf(type), Outgoing, Outcome.Ok);
            Answer(AnswerTo(type), packetId, answer);
        }
        catch (FrontierException e)
        {
            AnswerError(type, packetId, RootSessionId, key, OutcomeOf(e.Code), e.Message);
        }
        catch (TimeoutException)
        {
            AnswerError(type, packetId, RootSessionId, key, Outcome.Timeout, FrontierErrorText.Timeout);
        }
#pragma warning disable CA1031 // Whatever the cluster's trouble is, the sender gets an answer and the log the cause.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.GrainFailed(Logger, e);
            AnswerError(type, packetId, RootSessionId, key, Outcome.NotOnline, Kind == PeerKind.Edge ? FrontierErrorText.ServiceNotOnline : FrontierErrorText.EdgeNotOnline);
        }
    }

    // An answer that fitted on its way in may not on its way out, with the edge's id behind its custom.
    private bool FitsFrame(in MessageBody answer) => answer.GetLength() <= Options.MaxFrameBytes - Frame.HeaderLength;

    private void ForwardOnStream(FrameType type, ulong packetId, StreamSession session, in MessageBody body)
    {
        var other = (session.Owner as StreamJoin)?.Other(session);
        if (other is null)
        {
            RejectError(type, packetId, body, Outcome.NotOnline, FrontierErrorText.ConnectionLost);
            return;
        }

        var target = (PeerSession)other.Connection;
        var forwarded = body;
        forwarded.SessionId = other.Id;
        if (!TryForward(type, packetId, body.SessionId, target, forwarded, body.EffectiveDeadline))
        {
            RejectError(type, packetId, body, Outcome.NotOnline, target.GoneText);
        }
    }

    private static Traffic TrafficOf(FrameType type) => type == FrameType.Request ? Traffic.Call : Traffic.Message;

    private static (Outcome Outcome, string Text) Describe(SendOutcome outcome) => outcome switch
    {
        SendOutcome.SlowConsumer => (Outcome.SlowConsumer, FrontierErrorText.SlowConsumer),
        SendOutcome.TooManyInFlight => (Outcome.RateLimited, FrontierErrorText.RateLimited),
        SendOutcome.TooLarge => (Outcome.TooLarge, FrontierErrorText.TooLarge),
        _ => (Outcome.NotOnline, FrontierErrorText.ConnectionLost),
    };

    private static Outcome OutcomeOf(FrontierErrorCode code) => code switch
    {
        FrontierErrorCode.EdgeNotOnline or FrontierErrorCode.ServiceNotOnline or FrontierErrorCode.TopicNotOnline or FrontierErrorCode.MethodNotFound => Outcome.NotOnline,
        FrontierErrorCode.Timeout => Outcome.Timeout,
        FrontierErrorCode.Canceled => Outcome.Canceled,
        FrontierErrorCode.ConnectionLost => Outcome.ReceiverLost,
        FrontierErrorCode.SlowConsumer => Outcome.SlowConsumer,
        FrontierErrorCode.RateLimited => Outcome.RateLimited,
        FrontierErrorCode.TooLarge => Outcome.TooLarge,
        _ => Outcome.PeerError,
    };

    private static ulong HashOf(IPAddress? address)
    {
        if (address is null)
        {
            return 0;
        }

        // FNV-1a: must be the same on every gateway and after every restart, so no seeded hash.
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        var hash = 14695981039346656037UL;
        foreach (var b in bytes[..length])
        {
            hash = (hash ^ b) * 1099511628211UL;
        }

        return hash;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A call through the cluster failed")]
        public static partial void GrainFailed(ILogger logger, Exception error);

        // Debug, because a peer can have as many of them as it likes; they are counted.
        [LoggerMessage(2, LogLevel.Debug, "Request from {Address} refused: {Reason}")]
        public static partial void LimitReached(ILogger logger, string address, string reason);
    }
}
