using System.IO.Pipelines;
using Frontier.Protocol;

namespace Frontier.Gateway;

/// <summary>
/// A connection that passes calls, messages and streams on to another connection and brings the answers back: a peer's session, or a trunk to another
/// gateway. All of it happens on the read loop of the connection that a frame came in on.
/// </summary>
internal abstract partial class ForwardingConnection : GeminioConnection, IReplySink
{
    protected ForwardingConnection(IDuplexPipe transport, ConnectionRole role, ConnectionOptions options, GatewayCore gateway)
        : base(transport, role, options, gateway.Wheel) => Gateway = gateway;

    protected GatewayCore Gateway { get; }

    /// <summary>Whose frame is being handled, among those who share its receiver: the edge or the service that it comes from. 0 when that is not known.</summary>
    protected abstract ulong Source { get; }

    private bool IsBinaryPeer => (PeerFeatures & PeerFeatures.BinaryBodies) != 0;

    /// <inheritdoc/>
    protected override Task? WhenMayHandle() => Gateway.Awake.Check();

    /// <inheritdoc/>
    public virtual void OnReply(GeminioConnection source, in PendingReply pending, FrameType type, ReadOnlySpan<byte> body)
    {
        var reply = source.ParseMessage(type, body);
        if ((reply.Edge | reply.Service) != 0 && source is Trunk)
        {
            OnBroughtBack(pending, reply, (Trunk)source);
            return;
        }

        scoped MessageBody answer = new() { SessionId = pending.OriginSessionId };
        answer.IsBinary = reply.IsBinary;
        if (type == FrameType.Response && !IsBinaryPeer)
        {
            answer.KeyIsText = reply.IsBinary; // Binary answers do not repeat the method.
            answer.Key = reply.TextKey.IsEmpty ? pending.Key : reply.Key;
        }

        Span<byte> tail = stackalloc byte[Base64Text.MaxTailLength];
        if (!reply.Error.IsEmpty)
        {
            answer.Error = reply.Error; // The original drops what came beside an error, and so do its callers.
            // Of a message another gateway takes this code to say that the service left before it had it; here the service itself refuses it, and its text says so.
            var isMisleading = this is Trunk && pending.Type == FrameType.Message && reply.ErrorCode == (int)FrontierErrorCode.ServiceNotOnline;
            answer.ErrorCode = isMisleading ? null : reply.ErrorCode;
        }
        else
        {
            answer.Value = reply.Value;
            answer.Custom = reply.Custom;
            if (source is EdgeSession edge && pending.OriginSessionId == RootSessionId && !reply.Custom.IsEmpty)
            {
                // Only services call edges; on a trunk it is done where the edge is.
                answer.AppendId(edge.EdgeId, tail);
            }
        }

        CountAnswer(pending.SentAt);
        if (!FitsFrame(answer))
        {
            AnswerError(pending.Type, pending.OriginPacketId, pending.OriginSessionId, pending.Key, Outcome.TooLarge, FrontierErrorText.TooLarge);
            return;
        }

        Count(TrafficOf(pending.Type), reply.Error.IsEmpty ? Outcome.Ok : Outcome.PeerError);
        Answer(type, pending.OriginPacketId, answer);
    }

    /// <inheritdoc/>
    public void OnReplyLost(GeminioConnection source, in PendingReply pending, ReplyLoss loss)
    {
        var (outcome, text) = loss switch
        {
            ReplyLoss.Timeout => (Outcome.Timeout, FrontierErrorText.Timeout),
            ReplyLoss.Canceled => (Outcome.Canceled, FrontierErrorText.Canceled),
            _ => (Outcome.ReceiverLost, GoneText(source)),
        };
        AnswerError(pending.Type, pending.OriginPacketId, pending.OriginSessionId, pending.Key, outcome, text);
    }

    /// <summary>What this connection's peer is told when the connection that it reached someone on is gone.</summary>
    protected abstract string GoneText(GeminioConnection target);

    /// <summary>Counts the result of what this connection's peer asked for.</summary>
    protected abstract void Count(Traffic traffic, Outcome outcome);

    /// <summary>Counts how long an answer took.</summary>
    /// <param name="sentAt">When the request was passed on, as <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/> gives it.</param>
    protected abstract void CountAnswer(long sentAt);

    /// <summary>
    /// A Request or Message came back from another gateway: its receiver is not there. It still has to be answered.
    /// </summary>
    /// <param name="pending">What was awaited.</param>
    /// <param name="frame">The frame as it was sent, valid until the method returns, with the receiver that is not there.</param>
    /// <param name="from">The trunk it came back on.</param>
    protected virtual void OnBroughtBack(in PendingReply pending, in MessageBody frame, Trunk from) =>
        AnswerError(
            pending.Type,
            pending.OriginPacketId,
            pending.OriginSessionId,
            pending.Key,
            Outcome.NotOnline,
            frame.Edge != 0 ? FrontierErrorText.EdgeNotOnline : FrontierErrorText.ServiceNotOnline);

    /// <summary>
    /// A frame that came back has the time left that it had: what it took to get here has been counted on this side's clock. The caller's own limit stays as written.
    /// </summary>
    protected static void KeepLimit(ref MessageBody frame, in PendingReply pending, Trunk from)
    {
        var written = frame.EffectiveDeadline;
        frame.IsCallersLimit = !written.IsZero; // Between gateways a time is written for a caller's own limit only.
        frame.Due = pending.Deadline;
        frame.Timeout = 0;
        frame.ContextDeadline = default;
        frame.Deadline = frame.IsCallersLimit ? from.ToLocalTime(written) : default;
    }

    /// <summary>Passes a Request or a Message to another connection. The answer comes back through <see cref="OnReply"/>.</summary>
    /// <param name="type">Request or Message.</param>
    /// <param name="packetId">The id it came with.</param>
    /// <param name="originSessionId">The session it came on.</param>
    /// <param name="target">Where it goes.</param>
    /// <param name="forwarded">The frame as the receiver is to see it, with when its sender stops waiting.</param>
    /// <param name="isRetry">Whether it was brought back from another gateway before.</param>
    /// <returns>False, with nothing answered, when the target turned out to be gone.</returns>
    protected bool TryForward(
        FrameType type, ulong packetId, ulong originSessionId, ForwardingConnection target, in MessageBody forwarded, bool isRetry = false)
    {
        var deadline = Deadlines.From(forwarded.Due, Gateway.ForwardTimeout);
        if (deadline.HasPassed)
        {
            RejectError(type, packetId, originSessionId, forwarded.TextKey, Outcome.Timeout, FrontierErrorText.Timeout);
            return true;
        }

        if (!TryTake(packetId, target))
        {
            RejectError(type, packetId, originSessionId, forwarded.TextKey, Outcome.RateLimited, FrontierErrorText.RateLimited);
            return true;
        }

        var body = forwarded;
        body.Due = deadline.Due;
        var key = type == FrameType.Request && !IsBinaryPeer ? Gateway.Keys.Get(forwarded.TextKey) : null;
        var outcome = target.TrySend(type, body, new PendingReply
        {
            Sink = this,
            OriginPacketId = packetId,
            OriginSessionId = originSessionId,
            Key = key,
            Source = Source,
            Deadline = deadline.Due,
            IsRetry = isRetry,
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

    /// <summary>A Request or a Message came on a stream: it goes to the stream's other end.</summary>
    protected void ForwardOnStream(FrameType type, ulong packetId, StreamSession session, in MessageBody body)
    {
        var other = (session.Owner as StreamJoin)?.Other(session);
        if (other is null)
        {
            RejectError(type, packetId, body, Outcome.NotOnline, FrontierErrorText.ConnectionLost);
            return;
        }

        var target = (ForwardingConnection)other.Connection;
        var forwarded = body;
        forwarded.SessionId = other.Id;
        if (!TryForward(type, packetId, body.SessionId, target, forwarded))
        {
            RejectError(type, packetId, body, Outcome.NotOnline, GoneText(target));
        }
    }

    /// <summary>Answers a Request or Message that has been taken with an error, and counts it.</summary>
    protected void AnswerError(
        FrameType type, ulong packetId, ulong sessionId, ReadOnlySpan<byte> key, Outcome outcome, string text, FrontierErrorCode? code = null)
    {
        Count(TrafficOf(type), outcome);
        Answer(AnswerTo(type), packetId, new MessageBody
        {
            SessionId = sessionId,
            Key = type == FrameType.Request ? key : default,
            Error = JsonText.Escape(text),
            ErrorCode = code is { } known ? (int)known : CodeOf(text),
        });
    }

    /// <summary>Answers a Request or Message that has not been taken with an error, and counts it.</summary>
    protected void RejectError(FrameType type, ulong packetId, in MessageBody body, Outcome outcome, string text) =>
        RejectError(type, packetId, body.SessionId, body.TextKey, outcome, text);

    /// <summary>An answer that fitted on its way in may not on its way out, with the edge's id behind its custom.</summary>
    protected bool FitsFrame(in MessageBody answer) => GetSentLength(answer) <= Options.MaxFrameBytes - Frame.HeaderLength;

    /// <summary>The number that goes with one of the gateway's own error texts.</summary>
    protected static int CodeOf(string text) => (int)FrontierErrorText.ToCode(text);

    /// <summary>What a frame's type counts as.</summary>
    protected static Traffic TrafficOf(FrameType type) => type == FrameType.Request ? Traffic.Call : Traffic.Message;

    /// <summary>How a failed attempt to send counts, and what the sender is told.</summary>
    protected static (Outcome Outcome, string Text) Describe(SendOutcome outcome) => outcome switch
    {
        SendOutcome.SlowConsumer => (Outcome.SlowConsumer, FrontierErrorText.SlowConsumer),
        SendOutcome.TooManyInFlight => (Outcome.RateLimited, FrontierErrorText.RateLimited),
        SendOutcome.TooLarge => (Outcome.TooLarge, FrontierErrorText.TooLarge),
        _ => (Outcome.NotOnline, FrontierErrorText.ConnectionLost),
    };

    private void RejectError(FrameType type, ulong packetId, ulong sessionId, ReadOnlySpan<byte> key, Outcome outcome, string text)
    {
        Count(TrafficOf(type), outcome);
        Reject(type, packetId, sessionId, type == FrameType.Request ? key : default, JsonText.Escape(text), CodeOf(text));
    }
}
