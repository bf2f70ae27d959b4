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
internal abstract partial class PeerSession : ForwardingConnection, ISessionLink
{
    // What has happened on the way in and out. Login and end of the connection may meet: whoever comes second cleans up.
    private const int LoggingIn = 0;
    private const int Online = 1;
    private const int Gone = 2;

    private readonly ConnectionContext _transport;
    private int _stage;

    protected PeerSession(ConnectionContext transport, GatewayCore gateway, PeerKind kind)
        : base(transport.Transport, ConnectionRole.Acceptor, gateway.ConnectionOptions, gateway)
    {
        _transport = transport;
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

    /// <summary>Whether the session is over, or its login has failed.</summary>
    public bool IsGone => Volatile.Read(ref _stage) == Gone;

    protected abstract ILogger Logger { get; }

    /// <inheritdoc/>
    public void Close(SessionCloseReason reason)
    {
        if (reason == SessionCloseReason.Superseded && IsMoving)
        {
            LetGo();
            return;
        }

        switch (reason)
        {
            case SessionCloseReason.Superseded:
                CutOff(DisconnectReason.Superseded);
                break;
            case SessionCloseReason.Kicked:
                CutOff(DisconnectReason.Kicked);
                break;
            default:
                Close(DisconnectReason.ShuttingDown);
                break;
        }
    }

    /// <inheritdoc/>
    public async Task<CallResult> CallAsync(CallRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var deadline = Deadlines.From(request.Timeout, Gateway.ForwardTimeout);
        await WhenSureAsync(deadline, cancellationToken);
        var call = new LinkCall();
        SendOutcome outcome;
        {
            var body = new MessageBody
            {
                SessionId = RootSessionId,
                IsBinary = true,
                Key = Encoding.UTF8.GetBytes(request.Method),
                Value = request.Payload.Span,
                Custom = request.Custom.Span,
                Trace = request.Trace.Span,
                Due = deadline.Due,
            };
            outcome = TrySend(FrameType.Request, body, new PendingReply { Sink = call, Deadline = deadline.Due });
        }

        return await call.CompleteAsync(this, outcome, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task PublishAsync(MessageRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        var deadline = Deadlines.From(message.Timeout, Gateway.ForwardTimeout);
        await WhenSureAsync(deadline, cancellationToken);
        var call = new LinkCall();
        SendOutcome outcome;
        {
            var body = new MessageBody
            {
                SessionId = RootSessionId,
                IsBinary = true,
                Key = Encoding.UTF8.GetBytes(message.MessageId),
                Value = message.Payload.Span,
                Topic = Encoding.UTF8.GetBytes(message.Topic ?? string.Empty),
                Custom = message.Custom.Span,
                Trace = message.Trace.Span,
                Due = deadline.Due,
            };
            outcome = TrySend(FrameType.Message, body, new PendingReply { Sink = call, Deadline = deadline.Due });
        }

        await call.CompleteAsync(this, outcome, cancellationToken);
    }

    // A grain's call is no frame that was read: it waits here, and not for longer than its caller does.
    private async ValueTask WhenSureAsync(Deadline deadline, CancellationToken cancellationToken)
    {
        if (Gateway.Awake.Check() is { } sure)
        {
            await sure.WaitAsync(cancellationToken);
            if (deadline.Due <= Environment.TickCount64)
            {
                throw new FrontierException(FrontierErrorCode.Timeout, FrontierErrorText.Timeout);
            }
        }
    }

    /// <summary>The login is done. False when the connection ended meanwhile, so that its cleaning up is left to the login.</summary>
    protected bool TryGoOnline(ulong id) =>
        Accept(id) && Interlocked.CompareExchange(ref _stage, Online, LoggingIn) == LoggingIn;

    /// <summary>The session is over, or its login has failed. True when it was online.</summary>
    protected bool GoOffline() => Interlocked.Exchange(ref _stage, Gone) == Online;

    /// <summary>A session that was online is over.</summary>
    protected abstract void OnOffline();

    /// <inheritdoc/>
    protected override void OnClosed(DisconnectReason reason)
    {
        if (GoOffline())
        {
            OnOffline();
        }
    }

    /// <inheritdoc/>
    protected override void AbortTransport() => _transport.Abort();

    /// <inheritdoc/>
    protected override void OnRead(long bytes, int frames) => Gateway.Metrics.Read(Kind, bytes, frames);

    /// <inheritdoc/>
    protected override void OnUnparsed(long change) => Gateway.InputBudget.Add(change);

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
        if (session is not null && Kind == PeerKind.Edge && type == FrameType.Request && ReservedMethods.IsReserved(body))
        {
            // A stream is no way around what a call may not do.
            RejectError(type, packetId, body, Outcome.Refused, FrontierErrorText.RecordNotFound);
        }
        else if (session is not null)
        {
            ForwardOnStream(type, packetId, session, body);
        }
        else if (body.Topic.Length > Options.MaxNameBytes || body.KeyLength > Options.MaxNameBytes)
        {
            RejectError(type, packetId, body, Outcome.TooLarge, FrontierErrorText.TooLarge);
        }
        else
        {
            Route(type, packetId, body);
        }
    }

    /// <inheritdoc/>
    protected override void OnCanceled(ulong packetId) =>
        AnswerError(FrameType.Request, packetId, RootSessionId, default, Outcome.Canceled, FrontierErrorText.Canceled); // It is not anywhere yet.

    /// <summary>A Request or a Message came on the connection itself: find the receiver.</summary>
    protected abstract void Route(FrameType type, ulong packetId, in MessageBody body);

    /// <inheritdoc/>
    protected override string GoneText(GeminioConnection target) =>
        Kind == PeerKind.Edge ? FrontierErrorText.ServiceNotOnline : FrontierErrorText.EdgeNotOnline; // Edges reach services only, and services edges.

    /// <inheritdoc/>
    protected override void Count(Traffic traffic, Outcome outcome) => Gateway.Metrics.Forwarded(traffic, Outgoing, outcome);

    /// <inheritdoc/>
    protected override void CountAnswer(long sentAt) => Gateway.Metrics.Answered(Outgoing, sentAt);

    /// <summary>
    /// Passes a Request or a Message on through a grain, because no socket of this gateway leads to the receiver. The payload is decoded: this is not
    /// the path for traffic between peers of one gateway.
    /// </summary>
    protected void ForwardThroughGrain(FrameType type, ulong packetId, in MessageBody body, Func<GrainForward, Task<CallResult>> send)
    {
        var deadline = Deadlines.From(body.Due, Gateway.ForwardTimeout);
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

        CompleteThroughGrain(type, packetId, body, deadline, send);
    }

    /// <summary>Passes a Request or a Message that has been taken on through a grain: the way that is left when it came back from another gateway.</summary>
    protected void RetryThroughGrain(FrameType type, ulong packetId, in MessageBody body, Func<GrainForward, Task<CallResult>> send)
    {
        var deadline = Deadlines.From(body.Due, Gateway.ForwardTimeout);
        if (deadline.HasPassed)
        {
            AnswerError(type, packetId, RootSessionId, body.TextKey, Outcome.Timeout, FrontierErrorText.Timeout);
            return;
        }

        CompleteThroughGrain(type, packetId, body, deadline, send);
    }

    private void CompleteThroughGrain(FrameType type, ulong packetId, in MessageBody body, Deadline deadline, Func<GrainForward, Task<CallResult>> send)
    {
        var forward = new GrainForward(
            body.DecodeKey(),
            JsonText.Decode(body.Topic, body.TopicEscaped),
            body.DecodeValue(),
            body.DecodeCustom(),
            deadline.Due,
            body.Trace.ToArray());
        _ = CompleteAsync(type, packetId, Gateway.Keys.Get(body.TextKey), forward, send);
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
                IsBinary = true,
                KeyIsText = true,
                Key = type == FrameType.Request ? key : default,
                Value = result.Payload.Span,
                Custom = result.Custom.Span,
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
            AnswerError(type, packetId, RootSessionId, key, OutcomeOf(e.Code), e.Message, e.Code);
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
            AnswerError(type, packetId, RootSessionId, key, Outcome.NotOnline, GoneText(this));
        }
    }

    protected static Outcome OutcomeOf(FrontierErrorCode code) => code switch
    {
        FrontierErrorCode.EdgeNotOnline or FrontierErrorCode.ServiceNotOnline or FrontierErrorCode.TopicNotOnline or FrontierErrorCode.MethodNotFound => Outcome.NotOnline,
        FrontierErrorCode.Timeout => Outcome.Timeout,
        FrontierErrorCode.Canceled => Outcome.Canceled,
        FrontierErrorCode.ConnectionLost => Outcome.ReceiverLost,
        FrontierErrorCode.SlowConsumer or FrontierErrorCode.StoreFull => Outcome.SlowConsumer,
        FrontierErrorCode.RateLimited => Outcome.RateLimited,
        FrontierErrorCode.TooLarge => Outcome.TooLarge,
        FrontierErrorCode.QueueUnavailable => Outcome.ReceiverLost,
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
