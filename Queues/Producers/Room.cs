namespace Frontier.Queues;

/// <summary>Bounds what is under way, in number and in bytes. Whoever finds no room waits; first come, first served.</summary>
/// <param name="maxCount">How many.</param>
/// <param name="maxBytes">How many bytes; something larger has room when it is alone.</param>
internal sealed class Room(int maxCount, long maxBytes)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiters = [];
    private int _count;
    private long _bytes;

    /// <summary>How many are under way.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Takes room, now or when there is some.</summary>
    public ValueTask EnterAsync(int bytes, CancellationToken cancellationToken)
    {
        Waiter waiter;
        lock (_gate)
        {
            if (_waiters.Count == 0 && Fits(bytes))
            {
                Take(bytes);
                return ValueTask.CompletedTask;
            }

            waiter = new Waiter(bytes);
            waiter.Place = _waiters.AddLast(waiter);
        }

        return WaitAsync(waiter, cancellationToken);
    }

    /// <summary>Gives room back.</summary>
    public void Leave(int bytes)
    {
        lock (_gate)
        {
            _count--;
            _bytes -= bytes;
            Admit();
        }
    }

    private async ValueTask WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(
            static state =>
            {
                var (room, waiter) = ((Room, Waiter))state!;
                room.GiveUp(waiter);
            },
            (this, waiter));
        await waiter.Task;
    }

    private void GiveUp(Waiter waiter)
    {
        lock (_gate)
        {
            if (waiter.Place?.List is null)
            {
                return; // It has its room already.
            }

            _waiters.Remove(waiter.Place);
            waiter.TrySetCanceled();
            Admit(); // A large one may have stood before small ones.
        }
    }

    private void Admit()
    {
        while (_waiters.First is { } first && Fits(first.Value.Bytes))
        {
            _waiters.RemoveFirst();
            Take(first.Value.Bytes);
            first.Value.TrySetResult();
        }
    }

    private bool Fits(int bytes) => _count == 0 || (_count < maxCount && _bytes + bytes <= maxBytes);

    private void Take(int bytes)
    {
        _count++;
        _bytes += bytes;
    }

    private sealed class Waiter(int bytes) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public int Bytes { get; } = bytes;

        public LinkedListNode<Waiter>? Place { get; set; }
    }
}
