using System.Collections.Concurrent;

namespace Frontier.Gateway;

/// <summary>The messages of which the gateway keeps the bytes until a service has acknowledged them. Used again and again, so that keeping one allocates nothing.</summary>
/// <param name="gateway">The gateway.</param>
internal sealed class KeptMessages(GatewayCore gateway)
{
    // What a burst may leave behind. The shared array pool keeps only some dozens of one size, fewer than a burst needs.
    private const int MaxIdle = 1024;
    private const int MaxIdleBytes = 4 * 1024 * 1024;

    private readonly ConcurrentQueue<KeptMessage> _idle = [];
    private int _idleCount;
    private int _idleBytes;

    /// <summary>The gateway.</summary>
    public GatewayCore Gateway => gateway;

    /// <summary>Room for one more message.</summary>
    /// <param name="bytes">Its length.</param>
    /// <returns>Null when so much is kept already that this one is not; see <c>limits.max_waiting_bytes</c>.</returns>
    public KeptMessage? TryRent(int bytes)
    {
        if (!gateway.TopicLanes.TryReserve(bytes))
        {
            return null;
        }

        if (!_idle.TryDequeue(out var message))
        {
            return new KeptMessage(this, bytes);
        }

        Interlocked.Decrement(ref _idleCount);
        Interlocked.Add(ref _idleBytes, -message.Capacity);
        message.Take(bytes);
        return message;
    }

    /// <summary>A message is not needed any more.</summary>
    /// <param name="message">The message.</param>
    /// <param name="bytes">Its length, as it was made room for.</param>
    public void Return(KeptMessage message, int bytes)
    {
        gateway.TopicLanes.Release(bytes);
        var capacity = message.Capacity;
        var isFew = Interlocked.Increment(ref _idleCount) <= MaxIdle;
        var isSmall = Interlocked.Add(ref _idleBytes, capacity) <= MaxIdleBytes;
        if (isFew && isSmall)
        {
            _idle.Enqueue(message);
            return;
        }

        Interlocked.Decrement(ref _idleCount);
        Interlocked.Add(ref _idleBytes, -capacity);
        message.GiveUpBytes();
    }
}
