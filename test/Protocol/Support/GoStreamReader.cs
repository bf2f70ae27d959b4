namespace Frontier.Protocol.Tests.Support;

/// <summary>
/// The receiving half of a stream in the original's SDK: 32 frames wait for the reader, what comes beyond is dropped without a word, a read gives bytes of one
/// frame, and after the end nothing is read any more.
/// </summary>
#pragma warning disable CA1001 // A memory stream holds nothing that must be freed.
internal sealed class GoStreamReader
#pragma warning restore CA1001
{
    private const int QueuedFrames = 32;

    private readonly Queue<byte[]> _frames = [];
    private readonly MemoryStream _read = new();
    private byte[] _left = [];
    private bool _ended;

    public int Dropped { get; private set; }

    public int LargestFrame { get; private set; }

    public byte[] BytesRead => _read.ToArray();

    public void Arrive(byte[] frame)
    {
        LargestFrame = Math.Max(LargestFrame, frame.Length);
        if (_frames.Count < QueuedFrames)
        {
            _frames.Enqueue(frame);
        }
        else
        {
            Dropped++;
        }
    }

    public void End() => _ended = true;

    /// <summary>Reads into a buffer of a size; false when there is nothing to read.</summary>
    public bool Read(int bytes)
    {
        if (_ended || (_left.Length == 0 && !_frames.TryDequeue(out _left!)))
        {
            _left = [];
            return false;
        }

        var part = Math.Min(bytes, _left.Length);
        _read.Write(_left, 0, part);
        _left = _left[part..];
        return true;
    }
}
