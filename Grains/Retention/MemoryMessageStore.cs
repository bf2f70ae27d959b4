using System.Collections.Concurrent;
using System.Globalization;

namespace Frontier.Grains.Retention;

/// <summary>Keeps messages in the memory of this process, for a process that is a cluster of its own.</summary>
/// <param name="clock">The time, by which messages expire.</param>
/// <param name="limits">What all boxes together may hold.</param>
internal sealed class MemoryMessageStore(TimeProvider clock, StoreLimits limits) : IMessageStore
{
    private readonly ConcurrentDictionary<string, Box> _boxes = new(StringComparer.Ordinal);
    private long _lastPlace;
    private long _bytes;
    private int _count;

    /// <inheritdoc/>
    public Task<AppendResult> AppendAsync(RetentionRule rule, string topic, IReadOnlyList<StoredMessage> messages)
    {
        if (!_boxes.TryGetValue(topic, out var box))
        {
            // A box is written by one grain at a time, so that none of the same name is made meanwhile.
            if (Interlocked.Increment(ref _count) > limits.MaxBoxes)
            {
                Interlocked.Decrement(ref _count);
                return Task.FromResult(new AppendResult(0, IsStoreFull: true));
            }

            _boxes[topic] = box = new Box();
        }

        lock (box)
        {
            Expire(rule, box);
            var stored = 0;
            var isFull = false;
            var place = 0L;
            foreach (var message in messages)
            {
                if (box.Entries.Count >= rule.MaxMessages)
                {
                    break;
                }

                if (!TryReserve(SizeOf(message)))
                {
                    isFull = true;
                    break;
                }

                place = Interlocked.Increment(ref _lastPlace);
                box.Entries.Add(place, (clock.GetTimestamp(), message));
                stored++;
            }

            return Task.FromResult(new AppendResult(stored, isFull) { LastPlace = stored == 0 ? "" : place.ToString(CultureInfo.InvariantCulture) });
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredEntry>> ReadAsync(RetentionRule rule, string topic, int count)
    {
        if (!_boxes.TryGetValue(topic, out var box))
        {
            return Task.FromResult<IReadOnlyList<StoredEntry>>([]);
        }

        lock (box)
        {
            Expire(rule, box);
            return Task.FromResult<IReadOnlyList<StoredEntry>>(
                [.. box.Entries.Take(count).Select(entry => new StoredEntry(entry.Key.ToString(CultureInfo.InvariantCulture), entry.Value.Message))]);
        }
    }

    /// <inheritdoc/>
    public Task RemoveAsync(string topic, IReadOnlyList<string> places)
    {
        if (_boxes.TryGetValue(topic, out var box))
        {
            lock (box)
            {
                foreach (var place in places)
                {
                    Remove(box, long.Parse(place, CultureInfo.InvariantCulture));
                }
            }
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListAsync() => Task.FromResult<IReadOnlyList<string>>([.. _boxes.Keys]);

    /// <inheritdoc/>
    public Task ForgetAsync(string topic)
    {
        if (_boxes.TryRemove(topic, out var box))
        {
            Interlocked.Decrement(ref _count);
            lock (box)
            {
                foreach (var place in box.Entries.Keys.ToArray())
                {
                    Remove(box, place);
                }
            }
        }

        return Task.CompletedTask;
    }

    private static long SizeOf(StoredMessage message) => message.Payload.Length + message.Custom.Length + StoreLimits.MessageOverhead;

    private void Expire(RetentionRule rule, Box box)
    {
        foreach (var (place, _) in box.Entries.TakeWhile(entry => clock.GetElapsedTime(entry.Value.StoredAt) >= rule.Lifetime).ToArray())
        {
            Remove(box, place);
        }
    }

    private void Remove(Box box, long place)
    {
        if (box.Entries.Remove(place, out var entry))
        {
            Interlocked.Add(ref _bytes, -SizeOf(entry.Message));
        }
    }

    private bool TryReserve(long bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) <= limits.MaxBytes)
        {
            return true;
        }

        Interlocked.Add(ref _bytes, -bytes);
        return false;
    }

    private sealed class Box
    {
        public SortedDictionary<long, (long StoredAt, StoredMessage Message)> Entries { get; } = [];
    }
}
