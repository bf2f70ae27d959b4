using System.Buffers;
using Frontier.Protocol;

namespace Frontier.Gateway;

internal abstract partial class ForwardingConnection
{
    /// <summary>Asks the far end for a stream that this connection's peer wants.</summary>
    /// <param name="session">The stream at this end.</param>
    /// <param name="packetId">The id of the frame that asked for it.</param>
    /// <param name="target">Where it goes.</param>
    /// <param name="body">The request as the far end is to see it.</param>
    /// <param name="otherwise">
    /// What to do when the receiver is not where the target leads, called at most once and perhaps later: true when the stream is being opened elsewhere. Null to
    /// refuse it then.
    /// </param>
    /// <returns>False, with nothing answered, when the target turned out to be gone.</returns>
    protected bool TryOpenStream(StreamSession session, ulong packetId, ForwardingConnection target, in SessionBody body, Func<bool>? otherwise = null)
    {
        session.Owner ??= this; // Until the far end agrees, so that an end of stream meanwhile is not taken for a stranger's.
        var outcome = target.TryOpenSession(body, new PendingReply
        {
            Sink = new StreamOpening(session, packetId, this, otherwise),
            Deadline = Environment.TickCount64 + (long)Options.SessionOpenTimeout.TotalMilliseconds,
        });
        switch (outcome)
        {
            case SendOutcome.Sent:
                return true;
            case SendOutcome.NotConnected:
                return false;
            default:
                var (result, text) = Describe(outcome);
                RefuseStream(session, packetId, result, text);
                return true;
        }
    }

    /// <summary>Refuses a stream that this connection's peer wants, and counts it.</summary>
    protected void RefuseStream(StreamSession session, ulong packetId, Outcome outcome, string text) =>
        RefuseStream(session, packetId, outcome, JsonText.Escape(text), CodeOf(text));

    /// <inheritdoc/>
    protected override bool OnStream(StreamSession session, in ReadOnlySequence<byte> data)
    {
        if (session.Owner is not StreamJoin join)
        {
            GrantStream(session, data.Length);
            return true; // Bytes before the stream was agreed to: nobody is there to read them.
        }

        if (join.TryRelay(session, data, out var blocked))
        {
            return true;
        }

        // A peer that knows no credit learns to wait when its socket is not read any more.
        StallReading(blocked);
        return false;
    }

    /// <inheritdoc/>
    protected override void OnSessionFinished(StreamSession session)
    {
        // This direction is over. The other direction goes on until its sender ends it, too. A stream that was cut must not look like one
        // that came to its end.
        (session.Owner as StreamJoin)?.Settle(session);
    }

    /// <inheritdoc/>
    protected override void OnStreamStopped(StreamSession session) => (session.Owner as StreamJoin)?.Settle(session);

    private void RefuseStream(StreamSession session, ulong packetId, Outcome outcome, ReadOnlySpan<byte> error, int? code)
    {
        Count(Traffic.Stream, outcome);
        RefuseSession(session, packetId, error, code: code);
    }

    /// <summary>A stream that has been asked for at its far end; joins the two when that end agrees.</summary>
    /// <param name="opener">The session on the opener's connection.</param>
    /// <param name="packetId">The id of the opener's Session frame.</param>
    /// <param name="connection">The opener's connection.</param>
    /// <param name="otherwise">Tries elsewhere.</param>
    private sealed class StreamOpening(StreamSession opener, ulong packetId, ForwardingConnection connection, Func<bool>? otherwise) : IReplySink
    {
        public void OnReply(GeminioConnection source, in PendingReply pending, FrameType type, ReadOnlySpan<byte> body)
        {
            var ack = source.ParseSessionAck(body);
            var acceptor = source.AddSession(ack.SessionId, this);
            if (!ack.Error.IsEmpty)
            {
                acceptor.Owner = null;
                source.Dismiss(acceptor);
                if ((ack.Edge | ack.Service) == 0 || source is not Trunk || otherwise is null || !otherwise())
                {
                    connection.RefuseStream(opener, packetId, Outcome.PeerError, ack.Error, ack.ErrorCode);
                }

                return;
            }

            connection.Count(Traffic.Stream, Outcome.Ok);
            var join = new StreamJoin(opener, acceptor);
            acceptor.Owner = join;
            opener.Owner = join;
            connection.AcceptSession(opener, packetId);
            join.Settle(opener); // Either may have left meanwhile, when nobody was joined to it to hear of it.
            join.Settle(acceptor);
        }

        public void OnReplyLost(GeminioConnection source, in PendingReply pending, ReplyLoss loss)
        {
            var (outcome, text) = loss == ReplyLoss.Timeout
                ? (Outcome.Timeout, FrontierErrorText.Timeout)
                : (Outcome.ReceiverLost, connection.GoneText(source));
            connection.RefuseStream(opener, packetId, outcome, text);
        }
    }
}
