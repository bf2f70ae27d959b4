namespace Frontier.Client;

/// <summary>Room for the bytes of messages that wait for the application, shared by several sessions.</summary>
/// <param name="maxBytes">How many bytes; one message has room however large it is.</param>
internal sealed class MessageRoom(long maxBytes)
{
    private long _bytes;

    /// <summary>Takes room for one message; false when there is none.</summary>
    public bool TryTake(long length)
    {
        var before = Interlocked.Add(ref _bytes, length) - length;
        if (before > 0 && before + length > maxBytes)
        {
            Interlocked.Add(ref _bytes, -length);
            return false;
        }

        return true;
    }

    /// <summary>So many more wait, or fewer, whether there is room or not.</summary>
    public void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);
}
