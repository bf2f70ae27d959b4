using Frontier.Protocol;

namespace Frontier.Client;

/// <summary>
/// Holds senders back while much waits to be written, and lets them go on one by one, in the order they came. So a burst of large frames waits with
/// its callers instead of in memory, and messages keep their order.
/// </summary>
/// <param name="connection">What is sent on.</param>
#pragma warning disable CA1001 // The semaphore never makes the handle that would need disposing.
internal sealed class SendGate(GeminioConnection connection)
#pragma warning restore CA1001
{
    /// <summary>Frames with more payload than this take turns even when nothing waits: together they could exceed the connection's limit.</summary>
    public const int LargePayload = 64 * 1024;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private int _waiting;

    /// <summary>Whether a small frame may be sent without taking a turn.</summary>
    public bool IsOpen => Volatile.Read(ref _waiting) == 0 && !connection.IsCongested;

    /// <summary>Waits for this sender's turn and for room; to be followed by <see cref="Exit"/>.</summary>
    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await _turn.WaitAsync(cancellationToken).ConfigureAwait(false); // Asynchronous waiters are served in order.
        }
        catch
        {
            Interlocked.Decrement(ref _waiting);
            throw;
        }

        try
        {
            while (connection.IsCongested && connection.AcceptsTraffic)
            {
                await connection.WhenDrainedAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch
        {
            Exit();
            throw;
        }
    }

    /// <summary>Lets the next sender go on.</summary>
    public void Exit()
    {
        _turn.Release();
        Interlocked.Decrement(ref _waiting);
    }
}
