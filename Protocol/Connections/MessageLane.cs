namespace Frontier.Protocol;

/// <summary>
/// The messages of one session that the peer has not acknowledged, and those that wait for it to do so. Each session has its own: a Go end hands out the messages of
/// each on a goroutine of their own, and what nobody takes on one must not hold up the others. Not synchronised: the connection's lock guards it.
/// </summary>
internal sealed class MessageLane
{
    // What is given up by its deadline stays with the peer and counts on, until the peer acknowledges it late. A peer that acknowledges nothing for so long does
    // not acknowledge at all, and gets a window more.
    private const long StaleMilliseconds = 30_000;

    private long _overdueSince;

    /// <summary>What waits, in order; a mutable struct.</summary>
    public FrameQueue Waiting;

    /// <summary>How many messages that were sent the peer has.</summary>
    public int Unacknowledged { get; private set; }

    /// <summary>How many of those nobody waits for any more.</summary>
    public int Overdue { get; private set; }

    /// <summary>When the peer is taken not to acknowledge at all; only meant while something is overdue.</summary>
    public long StaleAt => _overdueSince + StaleMilliseconds;

    /// <summary>A message is sent.</summary>
    public void NoteSent() => Unacknowledged++;

    /// <summary>One that was awaited is acknowledged. A peer may acknowledge what it has not been sent: then the lane did not count it.</summary>
    public void NoteAcknowledged(bool counted, long now)
    {
        if (counted)
        {
            Unacknowledged--;
        }

        _overdueSince = now;
    }

    /// <summary>One is acknowledged that nobody waits for; false when there is none.</summary>
    public bool TryNoteAcknowledgedLate(long now)
    {
        if (Overdue == 0)
        {
            return false;
        }

        Overdue--;
        Unacknowledged--;
        _overdueSince = now;
        return true;
    }

    /// <summary>Nobody waits for the acknowledgement any more, but the peer has the message.</summary>
    public void NoteGivenUp(long now)
    {
        if (Overdue++ == 0)
        {
            _overdueSince = now;
        }
    }

    /// <summary>Stops counting what is overdue, if the peer acknowledges nothing.</summary>
    public void ForgetStale(long now)
    {
        if (Overdue > 0 && now >= StaleAt)
        {
            Unacknowledged -= Overdue;
            Overdue = 0;
        }
    }
}
