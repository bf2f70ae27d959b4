namespace Frontier.Gateway;

/// <summary>The way to one edge: being found, with frames that wait, or known, or given up.</summary>
internal sealed class EdgeRoute
{
    // What may wait for one edge: looking it up takes about a millisecond.
    private const int MaxFrames = 4096;
    private const int MaxBytes = 4 << 20;

    private readonly Lock _gate = new();
    private List<WaitingFrame>? _waiting;
    private Trunk? _trunk;
    private int _waitingBytes;
    private bool _isGivenUp;

    /// <summary>What became of a frame that wants to wait.</summary>
    public enum Waiting
    {
        /// <summary>It waits, and is the first: whoever brought it has the route found.</summary>
        Begun,

        /// <summary>It waits.</summary>
        Joined,

        /// <summary>It need not wait.</summary>
        Known,

        /// <summary>Too much waits already.</summary>
        Full,

        /// <summary>This object is not used any more.</summary>
        GivenUp,
    }

    /// <summary>The trunk that leads to the edge; null when it is not known, or the trunk has ended.</summary>
    public Trunk? Trunk => Volatile.Read(ref _trunk) is { IsUsable: true } trunk ? trunk : null;

    /// <summary>Lets a frame wait until the route is found.</summary>
    public Waiting Wait(WaitingFrame frame, out Trunk? known)
    {
        lock (_gate)
        {
            known = Trunk;
            if (_isGivenUp)
            {
                return Waiting.GivenUp;
            }

            if (_waiting is null)
            {
                if (known is not null)
                {
                    return Waiting.Known;
                }

                _trunk = null;
                _waiting = [frame];
                _waitingBytes = frame.Length;
                return Waiting.Begun;
            }

            if (_waiting.Count >= MaxFrames || _waitingBytes >= MaxBytes)
            {
                known = null;
                return Waiting.Full;
            }

            _waiting.Add(frame);
            _waitingBytes += frame.Length;
            return Waiting.Joined;
        }
    }

    /// <summary>The route has been found, or not: what waits is sent on, in order, before anything that comes after.</summary>
    /// <param name="target">The trunk to the edge, or its session; null when it is not online.</param>
    /// <param name="onFailed">Called when a frame could not be sent on; the others must not wait for ever because of it.</param>
    /// <returns>False when the route is given up: the edge is not online, or is on this gateway.</returns>
    public bool Settle(ForwardingConnection? target, Action<Exception> onFailed)
    {
        var trunk = target as Trunk;
        while (true)
        {
            List<WaitingFrame> frames;
            lock (_gate)
            {
                if (_waiting!.Count == 0)
                {
                    _waiting = null;
                    Volatile.Write(ref _trunk, trunk);
                    _isGivenUp = trunk is null;
                    return trunk is not null;
                }

                (frames, _waiting, _waitingBytes) = (_waiting, [], 0);
            }

            // Not under the lock: a flush may run another connection's read loop on this thread, which may bring in another frame for this edge.
            foreach (var frame in frames)
            {
                try
                {
                    frame.SendOn(target);
                }
#pragma warning disable CA1031 // One frame's trouble is not that of those behind it.
                catch (Exception error)
#pragma warning restore CA1031
                {
                    onFailed(error);
                }
            }
        }
    }

    /// <summary>Gives a known route up. False when it is being found anew, or leads elsewhere.</summary>
    /// <param name="trunk">Where it must lead; null for anywhere.</param>
    public bool TryForget(Trunk? trunk = null)
    {
        lock (_gate)
        {
            if (_waiting is not null || (trunk is not null && _trunk != trunk))
            {
                return false;
            }

            _isGivenUp = true;
            Volatile.Write(ref _trunk, null);
            return true;
        }
    }
}
