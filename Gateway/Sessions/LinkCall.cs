using Frontier.GrainInterfaces;
using Frontier.Protocol;

namespace Frontier.Gateway;

/// <summary>A call or message that this process itself sends to a peer: a hook, or a grain's.</summary>
internal sealed class LinkCall : TaskCompletionSource<CallResult>, IReplySink
{
    public LinkCall()
        : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
    }

    public void OnReply(GeminioConnection source, in PendingReply pending, FrameType type, ReadOnlySpan<byte> body)
    {
        var reply = source.ParseMessage(type, body);
        if (!reply.Error.IsEmpty)
        {
            TrySetException(FrontierException.FromWire(reply.ErrorCode, JsonText.Decode(reply.Error, reply.ErrorEscaped)));
        }
        else
        {
            TrySetResult(new CallResult(reply.DecodeValue(), reply.DecodeCustom()));
        }
    }

    public void OnReplyLost(GeminioConnection source, in PendingReply pending, ReplyLoss loss) => TrySetException(new FrontierException(loss switch
    {
        ReplyLoss.Timeout => FrontierErrorCode.Timeout,
        ReplyLoss.Canceled => FrontierErrorCode.Canceled,
        _ => FrontierErrorCode.ConnectionLost,
    }));

    /// <summary>The result of what was tried to be sent.</summary>
    public async Task<CallResult> CompleteAsync(PeerSession target, SendOutcome outcome, CancellationToken cancellationToken)
    {
        if (outcome != SendOutcome.Sent)
        {
            throw new FrontierException(outcome switch
            {
                SendOutcome.SlowConsumer => FrontierErrorCode.SlowConsumer,
                SendOutcome.TooManyInFlight => FrontierErrorCode.RateLimited,
                SendOutcome.TooLarge => FrontierErrorCode.TooLarge,
                _ => target.Kind == PeerKind.Edge ? FrontierErrorCode.EdgeNotOnline : FrontierErrorCode.ServiceNotOnline,
            });
        }

        using var registration = cancellationToken.UnsafeRegister(
            static state =>
            {
                var (target, call) = ((PeerSession, LinkCall))state!;
                target.CancelPending(call, originPacketId: 0);
            },
            (target, this));
        return await Task;
    }
}
