using System.Threading.Channels;

namespace Frontier.Operator.Queue;

/// <summary>
/// Keys that need work. A key waits at most once, and is worked on by one worker at a time: what is added meanwhile comes back when that one is done. A key
/// that fails waits longer each time, up to a limit; others do not wait for it.
/// </summary>
/// <typeparam name="TKey">What the work is about.</typeparam>
internal sealed class WorkQueue<TKey>
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Channel<TKey> _ready = Channel.CreateUnbounded<TKey>();
    private readonly HashSet<TKey> _dirty = [];
    private readonly HashSet<TKey> _processing = [];
    private readonly Dictionary<TKey, int> _failures = [];
    private readonly Dictionary<TKey, Delayed> _delayed = [];
    private readonly TimeSpan _firstDelay;
    private readonly TimeSpan _longestDelay;
    private readonly TimeProvider _time;
    private bool _closed;

    /// <summary>An empty queue.</summary>
    /// <param name="firstDelay">How long a key waits after its first failure; twice as long after each that follows.</param>
    /// <param name="longestDelay">How long at most.</param>
    /// <param name="time">The clock.</param>
    public WorkQueue(TimeSpan firstDelay, TimeSpan longestDelay, TimeProvider time)
    {
        _firstDelay = firstDelay;
        _longestDelay = longestDelay;
        _time = time;
    }

    /// <summary>Keys that wait for a worker, not counting those that wait for their time.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _dirty.Count;
            }
        }
    }

    /// <summary>Adds a key, unless it waits already.</summary>
    public void Add(TKey key)
    {
        lock (_lock)
        {
            if (!_closed && _dirty.Add(key) && !_processing.Contains(key))
            {
                _ready.Writer.TryWrite(key);
            }
        }
    }

    /// <summary>Adds a key after a while; the earliest of several times counts.</summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Add(key);
            return;
        }

        lock (_lock)
        {
            var due = _time.GetUtcNow() + delay;
            if (_closed || (_delayed.TryGetValue(key, out var earlier) && earlier.Due <= due))
            {
                return;
            }

            earlier?.Timer?.Dispose();
            var delayed = new Delayed(due);
            _delayed[key] = delayed;
            delayed.Timer = _time.CreateTimer(_ => OnDue(key, delayed), null, delay, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Adds a key that has failed, after its own growing delay.</summary>
    /// <param name="key">The key.</param>
    /// <param name="least">A delay that the key waits at least, such as what a server asks for.</param>
    /// <returns>How long it waits.</returns>
    public TimeSpan AddAfterFailure(TKey key, TimeSpan? least = null)
    {
        TimeSpan delay;
        lock (_lock)
        {
            var failures = _failures.GetValueOrDefault(key);
            _failures[key] = failures + 1;
            // 2^20 times any first delay is beyond every limit.
            var grown = _firstDelay * (1 << Math.Min(failures, 20));
            delay = grown < _longestDelay ? grown : _longestDelay;
        }

        delay = least > delay ? least.Value : delay;
        AddAfter(key, delay);
        return delay;
    }

    /// <summary>Forgets a key's failures.</summary>
    public void Forget(TKey key)
    {
        lock (_lock)
        {
            _failures.Remove(key);
        }
    }

    /// <summary>Waits for a key to work on. <see cref="Done"/> has to follow.</summary>
    /// <exception cref="ChannelClosedException">The queue is closed and empty.</exception>
    public async ValueTask<TKey> TakeAsync(CancellationToken cancellationToken)
    {
        var key = await _ready.Reader.ReadAsync(cancellationToken);
        lock (_lock)
        {
            _dirty.Remove(key);
            _processing.Add(key);
            return key;
        }
    }

    /// <summary>Says that a worker is through with a key.</summary>
    public void Done(TKey key)
    {
        lock (_lock)
        {
            _processing.Remove(key);
            if (_dirty.Contains(key))
            {
                _ready.Writer.TryWrite(key);
            }
        }
    }

    /// <summary>Takes nothing more in.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            foreach (var delayed in _delayed.Values)
            {
                delayed.Timer?.Dispose();
            }

            _delayed.Clear();
            _ready.Writer.TryComplete();
        }
    }

    private void OnDue(TKey key, Delayed delayed)
    {
        lock (_lock)
        {
            if (_delayed.TryGetValue(key, out var current) && current == delayed)
            {
                _delayed.Remove(key);
            }
        }

        delayed.Timer?.Dispose();
        Add(key);
    }

    private sealed class Delayed(DateTimeOffset due)
    {
        public DateTimeOffset Due { get; } = due;

        public ITimer? Timer { get; set; }
    }
}
