using System.Collections.Concurrent;

namespace Frontier.Operator.Kube;

/// <summary>
/// What is known of the objects of a kind: what list and watch say, and what this process itself has just written, which the watch may tell later.
/// </summary>
internal sealed class ObjectCache
{
    private readonly ConcurrentDictionary<ObjectKey, KubeObject> _objects = new();

    /// <summary>All of them.</summary>
    public IEnumerable<KubeObject> All => _objects.Values;

    /// <summary>How many.</summary>
    public int Count => _objects.Count;

    /// <summary>One of them; null when there is none.</summary>
    public KubeObject? Find(ObjectKey key) => _objects.GetValueOrDefault(key);

    /// <summary>Takes in a state of an object, unless a newer one is known already.</summary>
    /// <returns>Whether it is news.</returns>
    public bool Put(KubeObject seen)
    {
        while (true)
        {
            if (!_objects.TryGetValue(seen.Key, out var known))
            {
                if (_objects.TryAdd(seen.Key, seen))
                {
                    return true;
                }

                continue;
            }

            // Another uid is another object of the same name: its versions begin anew only after those of the old one.
            if (known.ResourceVersion == seen.ResourceVersion || seen.IsOlderThan(known))
            {
                return false;
            }

            if (_objects.TryUpdate(seen.Key, seen, known))
            {
                return true;
            }
        }
    }

    /// <summary>Forgets an object, unless a newer one of its name is known already.</summary>
    public bool Remove(KubeObject gone) =>
        _objects.TryGetValue(gone.Key, out var known) && !gone.IsOlderThan(known) && _objects.TryRemove(KeyValuePair.Create(gone.Key, known));

    /// <summary>Forgets an object, whatever its state.</summary>
    public bool Remove(ObjectKey key) => _objects.TryRemove(key, out _);
}
