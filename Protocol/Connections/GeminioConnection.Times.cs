namespace Frontier.Protocol;

public abstract partial class GeminioConnection
{
    // Nobody waits for so long; a time as far ahead may not be one.
    private const long LongestLimit = 10 * 365 * PeerTime.Absurd;

    private PeerClock _peerClock;

    // When the bytes being handled were read, on the monotonic clock; unlike _lastHeard it stands still while the frames among them wait for room.
    private long _readAt;

    private long WallMilliseconds => Options.Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A time that stands in a frame written for this connection's peer, or by it, as this side's wall clock shows it; unchanged where the clocks agree.</summary>
    protected GoTime ToLocalTime(GoTime written)
    {
        PeerTime.ToDue(written, _peerClock, WallMilliseconds, Environment.TickCount64, out var local);
        return local;
    }

    // What a sender said of its time becomes Due; nothing else is decided by. Deadline stays as this side's wall clock shows it, for ends that read nothing else.
    private void ReadTimes(FrameType type, ulong packetId, ref MessageBody body)
    {
        var seconds = (uint)(packetId >> 32);
        if (type == FrameType.Request)
        {
            _peerClock.NoteRequest(seconds, _readAt);
        }
        else
        {
            _peerClock.NoteMessage(seconds, _readAt);
        }

        if (body.Timeout > 0)
        {
            body.Due = Math.Max(1, _readAt + ((body.Timeout + 999_999) / 1_000_000) - _peerClock.AgeOf(seconds, _readAt));
            body.Timeout = 0;
            body.Deadline = default;
            body.IsCallersLimit = true;
            if (IsGatewayLink)
            {
                // Beside the time that is left stands the caller's own limit, when it named one.
                body.IsCallersLimit = !body.ContextDeadline.IsZero;
                if (body.IsCallersLimit)
                {
                    PeerTime.ToDue(body.ContextDeadline, _peerClock, WallMilliseconds, _readAt, out body.Deadline);
                }
            }

            body.ContextDeadline = default;
            return;
        }

        body.Timeout = 0;
        var deadline = body.EffectiveDeadline;
        if (deadline.IsZero)
        {
            return;
        }

        var isCallers = !IsGatewayLink || !body.ContextDeadline.IsZero;
        body.Deadline = body.ContextDeadline = default;
        if (PeerTime.ToDue(deadline, _peerClock, WallMilliseconds, _readAt, out var local) is { } due)
        {
            body.Due = Math.Max(1, due);
            body.IsCallersLimit = isCallers;
            body.Deadline = isCallers ? local : default;
        }
    }

    // The other way round, the way the peer reads it.
    private void WriteTimes(FrameType type, ref MessageBody body)
    {
        if (body.Due == 0)
        {
            return;
        }

        var now = Environment.TickCount64;
        var left = Math.Max(0, body.Due - now);
        var callers = body.Deadline;
        body.Deadline = body.ContextDeadline = default;
        if (left > LongestLimit)
        {
            return;
        }

        var tellsRemaining = (PeerFeatures & PeerFeatures.RemainingTime) != 0;
        if (tellsRemaining)
        {
            body.Timeout = Math.Max(1, left * 1_000_000);
            if (!IsGatewayLink || !body.IsCallersLimit)
            {
                return;
            }
        }

        var wall = WallMilliseconds;
        var shift = PeerTime.ShiftFor(_peerClock, wall, now);
        var deadline = GoTime.FromUnixMilliseconds(wall + left + shift);
        callers = callers.IsZero || !body.IsCallersLimit ? deadline : callers.AddMilliseconds(shift);
        if (!tellsRemaining)
        {
            // Whole milliseconds fall a little short of what the caller wrote, and a reader takes the earlier of the two.
            body.Deadline = body.IsCallersLimit && callers.UtcTicks < deadline.UtcTicks + TimeSpan.TicksPerSecond ? callers : deadline;
        }

        if (body.IsCallersLimit && (type == FrameType.Request || IsGatewayLink))
        {
            body.ContextDeadline = callers;
        }
    }
}
