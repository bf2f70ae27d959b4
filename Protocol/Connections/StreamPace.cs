using System.Buffers;

namespace Frontier.Protocol;

/// <summary>
/// One stream to a plain peer: when its next frame may leave, and the bytes that wait until then. Its state belongs to the connection's lock. Times are in
/// microseconds on the <see cref="Environment.TickCount64"/> clock.
/// </summary>
/// <param name="pacing">What the reader is taken to manage.</param>
internal sealed class StreamPace(StreamPacing pacing)
{
    /// <summary>The most raw bytes in a frame that this side puts together: with its header it stays below 64 KiB.</summary>
    public const int FullFrame = (64 * 1024) - Frame.HeaderLength - sizeof(ulong) - 1;

    /// <summary>When so many bytes wait, whoever sends has to: two frames for each turn of the timer.</summary>
    public const int MaxWaiting = 2 * FullFrame;

    // A reader of keystrokes must not wait, and a stream of small writes must not fill the peer's queue with frames that are almost empty: so many may leave
    // in a row, and then one in each interval, with all that was written meanwhile.
    private const int SmallFrames = 8;
    private const long SmallInterval = 50_000;

    // What the peer keeps for its reader.
    private const int PeerFrames = 32;

    private const long Second = 1_000_000;

    private byte[]? _waiting;
    private int _start;
    private long _queueEmpty;
    private long _smallSpent;
    private long _allRead;

    /// <summary>Bytes that wait.</summary>
    public int Waiting { get; private set; }

    /// <summary>This side ended its half: the peer hears of it when its reader is taken to have read everything.</summary>
    public bool IsEnding { get; private set; }

    /// <summary>Why it ended before its time; empty when everything was sent.</summary>
    public ReadOnlyMemory<byte> EndError { get; private set; }

    private long FrameTime => Second / pacing.FramesPerSecond;

    /// <summary>Takes a place in the peer's queue for a frame, if there is one.</summary>
    public bool TryTake(long bytes, long now)
    {
        if (DueFor(bytes) > now)
        {
            return false;
        }

        if (IsSmall(bytes))
        {
            _smallSpent = Math.Max(_smallSpent, now) + SmallInterval;
        }

        _queueEmpty = Math.Max(_queueEmpty, now) + TimeOf(bytes);
        NoteSent(bytes, now);
        return true;
    }

    /// <summary>Bytes left, in a frame of their own or behind others that had not left yet.</summary>
    public void NoteSent(long bytes, long now)
    {
        // No more is unread than the peer's queue holds.
        var most = Second * PeerFrames * FullFrame / pacing.ReadBytesPerSecond;
        _allRead = Math.Min(Math.Max(_allRead, now) + (Second * bytes / pacing.ReadBytesPerSecond), now + most);
    }

    /// <summary>When there is something to do: a frame to send, or the end. <see cref="long.MaxValue"/> when nothing waits.</summary>
    public long Due => Waiting > 0 ? DueFor(Math.Min(Waiting, FullFrame)) : IsEnding ? _allRead : long.MaxValue;

    /// <summary>Keeps bytes until they may leave.</summary>
    public void Add(in ReadOnlySequence<byte> data)
    {
        var length = (int)data.Length;
        if (_waiting is null || _start + Waiting + length > _waiting.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Waiting + length, FullFrame));
            Pending.CopyTo(larger);
            Release(_waiting);
            _waiting = larger;
            _start = 0;
        }

        data.CopyTo(_waiting.AsSpan(_start + Waiting));
        Waiting += length;
    }

    /// <summary>The bytes of the next frame.</summary>
    public ReadOnlySpan<byte> Next => Pending[..Math.Min(Waiting, FullFrame)];

    /// <summary>The next frame has left.</summary>
    public void Remove(int bytes)
    {
        _start += bytes;
        Waiting -= bytes;
        if (Waiting == 0)
        {
            Drop();
        }
    }

    /// <summary>Drops what waits.</summary>
    public void Drop()
    {
        Release(_waiting);
        _waiting = null;
        _start = Waiting = 0;
    }

    /// <summary>Ends the stream.</summary>
    /// <returns>False when its reader is taken to have read everything: the end may be told now.</returns>
    public bool TryEndLater(long now, ReadOnlySpan<byte> error = default)
    {
        IsEnding = Waiting > 0 || _allRead > now;
        EndError = IsEnding && !error.IsEmpty ? error.ToArray() : default;
        return IsEnding;
    }

    private ReadOnlySpan<byte> Pending => _waiting.AsSpan(_start, Waiting);

    // The last bytes of a stream are not followed by any that they could wait for.
    private bool IsSmall(long bytes) => bytes < FullFrame && !IsEnding;

    private long TimeOf(long bytes) => FrameTime * Math.Min(Math.Max(1, (bytes + FullFrame - 1) / FullFrame), pacing.BurstFrames);

    private long DueFor(long bytes)
    {
        var due = _queueEmpty + TimeOf(bytes) - (pacing.BurstFrames * FrameTime);
        return IsSmall(bytes) ? Math.Max(due, _smallSpent - ((SmallFrames - 1) * SmallInterval)) : due;
    }

    private static void Release(byte[]? bytes)
    {
        if (bytes is not null)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
