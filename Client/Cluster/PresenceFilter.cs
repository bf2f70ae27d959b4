namespace Frontier.Client;

/// <summary>
/// Lets each presence event through once: a service with several connections hears of it on each. Those who hear of it again get the outcome of the first.
/// Events without an epoch, from gateways of the original, all pass.
/// </summary>
/// <param name="handle">What hears of the event.</param>
/// <param name="capacity">How many of the last events are known again.</param>
internal sealed class PresenceFilter(Func<EdgePresence, CancellationToken, ValueTask> handle, int capacity = 16_384)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(ulong EdgeId, long Epoch), Task> _handled = [];
    private readonly Queue<(ulong EdgeId, long Epoch)> _order = [];

    public async ValueTask HandleAsync(EdgePresence edge, CancellationToken cancellationToken)
    {
        if (edge.Epoch == 0)
        {
            await handle(edge, cancellationToken).ConfigureAwait(false);
            return;
        }

        var key = (edge.EdgeId, edge.Epoch);
        Task? first;
        TaskCompletionSource? mine = null;
        lock (_gate)
        {
            if (!_handled.TryGetValue(key, out first))
            {
                mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _handled.Add(key, mine.Task);
                _order.Enqueue(key);
                if (_order.Count > capacity)
                {
                    _handled.Remove(_order.Dequeue());
                }
            }
        }

        if (mine is null)
        {
            await first!.WaitAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        try
        {
            await handle(edge, cancellationToken).ConfigureAwait(false);
            mine.TrySetResult();
        }
        catch (Exception e)
        {
            mine.TrySetException(e);
            _ = mine.Task.Exception; // Perhaps nobody else asks.
            throw;
        }
    }
}
