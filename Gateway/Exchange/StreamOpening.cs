using Frontier.GrainInterfaces;
using Frontier.Protocol;

namespace Frontier.Gateway;

/// <summary>A stream that has been asked for at its far end; joins the two when that end agrees.</summary>
/// <param name="opener">The session on the opener's connection.</param>
/// <param name="packetId">The id of the opener's Session frame.</param>
/// <param name="metrics">Where the result is counted.</param>
/// <param name="direction">Which way it is opened.</param>
internal sealed class StreamOpening(StreamSession opener, ulong packetId, GatewayMetrics metrics, Direction direction) : IReplySink
{
    public void OnReply(GeminioConnection source, in PendingReply pending, FrameType type, ReadOnlySpan<byte> body)
    {
        var ack = SessionBody.ParseSessionAck(body);
        var acceptor = source.AddSession(ack.SessionId, this);
        if (!ack.Error.IsEmpty)
        {
            metrics.Forwarded(Traffic.Stream, direction, Outcome.PeerError);
            acceptor.Owner = null;
            source.Dismiss(acceptor);
            opener.Connection.RefuseSession(opener, packetId, ack.Error);
            return;
        }

        metrics.Forwarded(Traffic.Stream, direction, Outcome.Ok);
        var join = new StreamJoin(opener, acceptor);
        acceptor.Owner = join;
        opener.Owner = join;
        opener.Connection.AcceptSession(opener, packetId);
        if (opener.IsFinished)
        {
            source.Dismiss(acceptor); // The opener left meanwhile, and nobody was joined to it to hear of it.
        }
    }

    public void OnReplyLost(GeminioConnection source, in PendingReply pending, ReplyLoss loss)
    {
        metrics.Forwarded(Traffic.Stream, direction, loss == ReplyLoss.Timeout ? Outcome.Timeout : Outcome.ReceiverLost);
        opener.Connection.RefuseSession(opener, packetId, JsonText.Escape(
            loss == ReplyLoss.Timeout ? FrontierErrorText.Timeout
            : direction == Direction.EdgeToService ? FrontierErrorText.ServiceNotOnline
            : FrontierErrorText.EdgeNotOnline));
    }
}
