namespace Frontier.Grains.Topics;

/// <summary>Who takes a topic, ordered by service id so that an edge's messages go to the same instance while the set is stable.</summary>
internal sealed class TopicSubscribers
{
    // Copied on change: a delivery walks the set as it was when it began, across awaits.
    private TopicSubscription[] _ordered = [];

    /// <summary>All subscriptions, ordered by service id.</summary>
    public IReadOnlyList<TopicSubscription> All => _ordered;

    /// <summary>Adds or renews a subscription. One of an older session than the instance's known one is ignored.</summary>
    public void Add(TopicSubscription subscription)
    {
        var index = IndexOf(subscription.ServiceId);
        if (index < 0)
        {
            _ordered = [.. _ordered[..~index], subscription, .. _ordered[~index..]];
        }
        else if (_ordered[index].Epoch < subscription.Epoch)
        {
            _ordered = [.. _ordered[..index], subscription, .. _ordered[(index + 1)..]];
        }
    }

    /// <summary>Removes an instance's subscription unless a later session than <paramref name="epoch"/> made it.</summary>
    public void Remove(ulong serviceId, long epoch)
    {
        var index = IndexOf(serviceId);
        if (index >= 0 && _ordered[index].Epoch <= epoch)
        {
            _ordered = [.. _ordered[..index], .. _ordered[(index + 1)..]];
        }
    }

    /// <summary>All subscriptions in the order in which to try them for an edge: its own (edge id modulo count) first, then the following ones.</summary>
    public IEnumerable<TopicSubscription> InOrderFor(ulong edgeId)
    {
        var subscriptions = _ordered;
        for (var i = 0; i < subscriptions.Length; i++)
        {
            yield return subscriptions[(int)((edgeId % (ulong)subscriptions.Length + (ulong)i) % (ulong)subscriptions.Length)];
        }
    }

    // As Array.BinarySearch: the index, or the complement of where the id would stand.
    private int IndexOf(ulong serviceId)
    {
        var (low, high) = (0, _ordered.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (_ordered[middle].ServiceId == serviceId)
            {
                return middle;
            }

            (low, high) = _ordered[middle].ServiceId < serviceId ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }
}
