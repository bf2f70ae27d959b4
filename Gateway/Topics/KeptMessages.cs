using System.Collections.Concurrent;

namespace Frontier.Gateway;

/// <summary>The messages of which the gateway keeps the bytes until a service has acknowledged them. Used again and again, so that keeping one allocates nothing.</summary>
/// <param name="gateway">The gateway.</param>
internal sealed class KeptMessages(GatewayCore gateway)
{
    // What a burst leaves behind; without their bytes, which go back to the array pool, it is some 100 KiB.
    private const int MaxIdle = 1024;

    private readonly ConcurrentQueue<KeptMessage> _idle = [];
    private int _idleCount;

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
        message.Take(bytes);
        return message;
    }

    /// <summary>A message is not needed any more.</summary>
    /// <param name="message">The message, which has given up its bytes.</param>
    /// <param name="bytes">How many there were.</param>
    public void Return(KeptMessage message, int bytes)
    {
        gateway.TopicLanes.Release(bytes);
        if (Interlocked.Increment(ref _idleCount) <= MaxIdle)
        {
            _idle.Enqueue(message);
        }
        else
        {
            Interlocked.Decrement(ref _idleCount);
        }
    }
}
