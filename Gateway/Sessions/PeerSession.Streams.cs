using System.Buffers;
using Frontier.GrainInterfaces;
using Frontier.Protocol;

namespace Frontier.Gateway;

internal abstract partial class PeerSession
{
    private static readonly byte[] StreamCut = JsonText.Escape(FrontierErrorText.ConnectionLost);

    /// <summary>Asks the far end for a stream that this peer wants; refuses it when there is nobody.</summary>
    protected void OpenStream(StreamSession session, ulong packetId, PeerSession? target, SessionBody body, string notOnline)
    {
        session.Owner = this; // Until the far end agrees, so that an end of stream meanwhile is not taken for a stranger's.
        var outcome = SendOutcome.NotConnected;
        if (target is not null)
        {
            outcome = target.TryOpenSession(body, new PendingReply
            {
                Sink = new StreamOpening(session, packetId, Gateway.Metrics, Outgoing),
                Deadline = Environment.TickCount64 + (long)Options.SessionOpenTimeout.TotalMilliseconds,
            });
        }

        if (outcome != SendOutcome.Sent)
        {
            var (result, text) = outcome == SendOutcome.NotConnected ? (Outcome.NotOnline, notOnline) : Describe(outcome);
            Gateway.Metrics.Forwarded(Traffic.Stream, Outgoing, result);
            RefuseSession(session, packetId, JsonText.Escape(text));
        }
    }

    /// <inheritdoc/>
    protected override bool OnStream(StreamSession session, in ReadOnlySequence<byte> data)
    {
        if (session.Owner is not StreamJoin join)
        {
            return true; // Bytes before the stream was agreed to: nobody is there to read them.
        }

        var other = join.Other(session);
        if (other.Connection.IsCongested)
        {
            // The protocol has no flow control of its own: not reading the socket is how the sender learns to wait.
            StallReading(other.Connection.WhenDrainedAsync());
            return false;
        }

        other.Connection.SendStream(other, data);
        return true;
    }

    /// <inheritdoc/>
    protected override void OnSessionFinished(StreamSession session)
    {
        // This direction is over; everything sent in it is in the other connection's queue already. The other direction goes on until its
        // sender ends it, too.
        if (session.Owner is StreamJoin join)
        {
            // A stream that was cut must not look like one that came to its end.
            var other = join.Other(session);
            other.Connection.Dismiss(other, session.EndedInOrder ? default : StreamCut);
        }
    }
}
