using Frontier.Protocol;

namespace Frontier.Gateway;

/// <summary>
/// An edge's message that goes to several receivers. The edge hears once, when all of them have: that it was taken, or what went wrong with one of them. A
/// receiver that leaves before it acknowledged does not count, unless none is left.
/// </summary>
/// <param name="edge">The edge's session.</param>
/// <param name="packetId">The id that the message came with.</param>
internal sealed class TopicSpread(EdgeSession edge, ulong packetId) : IReplySink
{
    private readonly Lock _gate = new();
    private readonly long _startedAt = System.Diagnostics.Stopwatch.GetTimestamp();
    // The one that spreads the message is one of those waited for, so that nothing is answered before it has gone to all.
    private int _awaited = 1;
    private int _taken;
    private (FrontierErrorCode Code, string Text)? _failure;

    /// <summary>
    /// Whether an answer from another gateway says that the service is not there any more. Only gateways say it with this code: an error of the service's own, whatever
    /// its text, comes without.
    /// </summary>
    public static bool IsGone(in MessageBody reply) => reply.Service != 0 || reply.ErrorCode == (int)FrontierErrorCode.ServiceNotOnline;

    /// <summary>One more is to have the message.</summary>
    public void Add()
    {
        lock (_gate)
        {
            _awaited++;
        }
    }

    /// <summary>One has it.</summary>
    public void Taken() => Settle(isTaken: true, null);

    /// <summary>One left before it acknowledged, or was not there; or the spreading is done.</summary>
    public void Gone() => Settle(isTaken: false, null);

    /// <summary>One did not take it.</summary>
    public void Failed(FrontierErrorCode code, string text) => Settle(isTaken: false, (code, text));

    /// <inheritdoc/>
    public void OnReply(GeminioConnection source, in PendingReply pending, FrameType type, ReadOnlySpan<byte> body)
    {
        var reply = source.ParseMessage(type, body);
        if (source is Trunk && IsGone(reply))
        {
            Gone();
        }
        else if (reply.Error.IsEmpty)
        {
            Taken();
        }
        else
        {
            var error = FrontierException.FromWire(reply.ErrorCode, JsonText.Decode(reply.Error, reply.ErrorEscaped));
            Failed(error.Code, error.Message);
        }
    }

    /// <inheritdoc/>
    public void OnReplyLost(GeminioConnection source, in PendingReply pending, ReplyLoss loss)
    {
        switch (loss)
        {
            case ReplyLoss.Timeout:
                Failed(FrontierErrorCode.Timeout, FrontierErrorText.Timeout);
                break;
            case ReplyLoss.Canceled:
                Failed(FrontierErrorCode.Canceled, FrontierErrorText.Canceled);
                break;
            default:
                Gone();
                break;
        }
    }

    private void Settle(bool isTaken, (FrontierErrorCode Code, string Text)? failure)
    {
        lock (_gate)
        {
            _taken += isTaken ? 1 : 0;
            _failure ??= failure;
            if (--_awaited > 0)
            {
                return;
            }
        }

        if (_failure is { } first)
        {
            edge.AnswerTopicError(packetId, first.Code, first.Text);
        }
        else if (_taken > 0)
        {
            edge.AnswerTopic(packetId, _startedAt);
        }
        else
        {
            edge.AnswerTopicError(packetId, FrontierErrorCode.ServiceNotOnline, FrontierErrorText.ServiceNotOnline);
        }
    }
}
