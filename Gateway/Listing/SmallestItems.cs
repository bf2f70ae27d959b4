namespace Frontier.Gateway;

/// <summary>Keeps the smallest of very many items, and never more than that.</summary>
/// <param name="limit">How many to keep; 0 keeps none.</param>
/// <param name="comparer">Which are smaller.</param>
internal sealed class SmallestItems<T>(int limit, IComparer<T> comparer)
{
    private readonly PriorityQueue<T, T> _largestFirst = new(Comparer<T>.Create((left, right) => comparer.Compare(right, left)));

    /// <summary>Takes an item in; a larger one goes when there are too many.</summary>
    public void Add(T item)
    {
        if (_largestFirst.Count < limit)
        {
            _largestFirst.Enqueue(item, item);
        }
        else if (limit > 0 && comparer.Compare(item, _largestFirst.Peek()) < 0)
        {
            _largestFirst.EnqueueDequeue(item, item);
        }
    }

    /// <summary>The items, smallest first. Nothing is left afterwards.</summary>
    public T[] Take()
    {
        var items = new T[_largestFirst.Count];
        for (var i = items.Length - 1; i >= 0; i--)
        {
            items[i] = _largestFirst.Dequeue();
        }

        return items;
    }
}
