namespace Frontier.Grains.Catalog;

/// <summary>
/// Since when the catalog's entries are as they are, and which are gone since when: so that a gateway is told what changed and not everything.
/// Without it what is sent grows with the square of the number of services that come.
/// </summary>
internal sealed class CatalogChanges
{
    // Beyond it the older half is forgotten: a gateway that is so far behind gets the whole catalog.
    private const int MaxGone = 8192;

    private readonly Dictionary<CatalogKey, (CatalogEntry Entry, long Number)> _entries = [];
    private readonly Dictionary<CatalogKey, long> _gone = [];
    private long _forgotten;
    private long _gatewaysChanged;

    /// <summary>Takes note of a new version.</summary>
    /// <param name="snapshot">The catalog from now on.</param>
    /// <param name="hasSameGateways">Whether its gateways are as before.</param>
    public void Note(CatalogSnapshot snapshot, bool hasSameGateways)
    {
        var number = snapshot.Version.Number;
        var left = new HashSet<CatalogKey>(_entries.Keys);
        foreach (var entry in snapshot.Services)
        {
            var key = CatalogKey.Of(entry);
            left.Remove(key);
            if (!_entries.TryGetValue(key, out var known) || !CatalogMerge.AreSame(known.Entry, entry))
            {
                _entries[key] = (entry, number);
                _gone.Remove(key);
            }
        }

        foreach (var key in left)
        {
            _entries.Remove(key);
            _gone[key] = number;
        }

        if (!hasSameGateways)
        {
            _gatewaysChanged = number;
        }

        if (_gone.Count > MaxGone)
        {
            foreach (var (key, goneAt) in _gone.OrderBy(gone => gone.Value).Take(MaxGone / 2).ToArray())
            {
                _gone.Remove(key);
                _forgotten = goneAt;
            }
        }
    }

    /// <summary>What changed since a version, for a copy that is of this version or a later one; null when that is not known.</summary>
    /// <param name="since">The version.</param>
    /// <param name="now">The catalog now.</param>
    public CatalogSnapshot? Since(CatalogVersion since, CatalogSnapshot now)
    {
        if (since.Incarnation != now.Version.Incarnation || since.Number < _forgotten || since > now.Version)
        {
            return null;
        }

        var hasSameGateways = _gatewaysChanged <= since.Number;
        return new CatalogSnapshot(
            now.Version,
            [.. now.Services.Where(entry => _entries[CatalogKey.Of(entry)].Number > since.Number)])
        {
            Since = since,
            Gone = [.. _gone.Where(gone => gone.Value > since.Number).Select(gone => gone.Key)],
            HasSameGateways = hasSameGateways,
            Gateways = hasSameGateways ? [] : now.Gateways,
        };
    }
}
