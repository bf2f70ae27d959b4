namespace Frontier.Load;

/// <summary>Errors by kind. A server that puts something new into every text cannot make it grow without end.</summary>
internal sealed class ErrorCounts
{
    private const int MaxKinds = 64;
    private const string Others = "other errors";

    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <summary>All of them.</summary>
    public long Total { get; private set; }

    /// <summary>By kind.</summary>
    public IReadOnlyDictionary<string, long> ByKind => _counts;

    /// <summary>Counts an error.</summary>
    public void Add(string kind, long count = 1)
    {
        if (!_counts.ContainsKey(kind) && _counts.Count >= MaxKinds)
        {
            kind = Others;
        }

        _counts[kind] = _counts.GetValueOrDefault(kind) + count;
        Total += count;
    }

    /// <summary>Adds others.</summary>
    public void Add(IEnumerable<KeyValuePair<string, long>> others)
    {
        foreach (var (kind, count) in others)
        {
            Add(kind, count);
        }
    }

    /// <summary>Forgets them.</summary>
    public void Clear()
    {
        _counts.Clear();
        Total = 0;
    }

    /// <summary>In one line.</summary>
    public override string ToString() => string.Join("; ", _counts.OrderByDescending(error => error.Value).Select(error => $"{error.Value} × {error.Key}"));
}
