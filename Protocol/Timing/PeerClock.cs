namespace Frontier.Protocol;

/// <summary>
/// What a peer's packet ids tell of its clock. An id begins with the second at which its frame was made, so no later than it arrived: each frame says that the
/// peer's clock is at least so far ahead of this side's monotonic one, and the largest of the last minute is within a second of the truth however long
/// single frames waited on their way. One loop notes; any thread may ask.
/// </summary>
internal struct PeerClock
{
    private const long WindowMilliseconds = 30_000;

    // Threads that make ids at once may send them in another order.
    private const uint Disorder = 2;

    private long _offset;
    private long _windowOffset;
    private long _windowEnds;
    private uint _first;
    private uint _latest;
    private uint _lastRequest;
    private uint _lastMessage;
    private bool _isKnown;
    private bool _isClock;

    /// <summary>How far ahead of this side's monotonic clock the peer's clock is at least, in milliseconds; at most about a second more.</summary>
    public readonly long Offset => Volatile.Read(in _offset);

    /// <summary>Whether the peer has made a frame of its own.</summary>
    public readonly bool IsKnown => _isKnown;

    /// <summary>A Request came.</summary>
    /// <param name="seconds">The upper half of its id.</param>
    /// <param name="now">When it arrived, on the monotonic clock in milliseconds.</param>
    public void NoteRequest(uint seconds, long now)
    {
        Note(seconds, now, _lastRequest);
        _lastRequest = seconds;
    }

    /// <summary>A Message came. Messages keep their order among themselves: those that wait for room in a window are overtaken by requests.</summary>
    /// <param name="seconds">The upper half of its id.</param>
    /// <param name="now">When it arrived, on the monotonic clock in milliseconds.</param>
    public void NoteMessage(uint seconds, long now)
    {
        Note(seconds, now, _lastMessage);
        _lastMessage = seconds;
    }

    /// <summary>Another frame that the peer made came, a heartbeat say. It counts only if it tells of a later second than those before.</summary>
    /// <param name="seconds">The upper half of its id.</param>
    /// <param name="now">When it arrived, on the monotonic clock in milliseconds.</param>
    public void NoteOther(uint seconds, long now)
    {
        if (seconds > _latest)
        {
            Note(seconds, now, 0);
        }
    }

    /// <summary>How long a frame has waited on its way, in milliseconds: what is sure of it. 0 when ids tell nothing of time.</summary>
    /// <param name="seconds">The upper half of its id, which has been noted.</param>
    /// <param name="now">When it arrived, on the monotonic clock in milliseconds.</param>
    public readonly long AgeOf(uint seconds, long now)
    {
        var age = _offset - ToSample(seconds, now) - 1000;
        return _isClock && age is > 0 and < PeerTime.Absurd ? age : 0;
    }

    private static long ToSample(uint seconds, long now) => (seconds * 1000L) - now;

    private void Note(uint seconds, long now, uint last)
    {
        var sample = ToSample(seconds, now);
        if (last > seconds && last - seconds > Disorder)
        {
            _windowOffset = sample; // Ids of one kind come in the order they were made: the clock was set back.
            Volatile.Write(ref _offset, sample);
            _latest = seconds;
        }
        else if (sample > _windowOffset || now >= _windowEnds)
        {
            Learn(sample, seconds, now);
        }
    }

    private void Learn(long sample, uint seconds, long now)
    {
        if (!_isKnown)
        {
            (_windowOffset, _windowEnds, _first) = (sample, now + WindowMilliseconds, seconds);
            Volatile.Write(ref _offset, sample);
            _isKnown = true;
        }

        _latest = Math.Max(_latest, seconds);
        _isClock |= seconds > _first;
        _windowOffset = Math.Max(_windowOffset, sample);
        if (now >= _windowEnds)
        {
            // Without this, a clock that runs slower would be taken for one that is far ahead. A number that never changes is no clock that runs.
            Volatile.Write(ref _offset, _isClock ? _windowOffset : _offset);
            (_windowOffset, _windowEnds) = (sample, now + WindowMilliseconds);
        }
        else if (_windowOffset > _offset)
        {
            Volatile.Write(ref _offset, _windowOffset);
        }
    }
}
