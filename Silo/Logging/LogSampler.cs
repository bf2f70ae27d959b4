using System.Collections.Concurrent;
using System.Net;

namespace Frontier.Silo;

/// <summary>
/// Lets through the first lines of a kind in each interval and counts the others: so many of each source that a line names, and so many in all.
/// A kind is a category's event; the number of kinds is the program's, that of the sources is bounded here.
/// </summary>
/// <param name="maxPerSource">Lines of a kind about one source; 0 for any number.</param>
/// <param name="maxPerKind">Lines of a kind; 0 for any number.</param>
internal sealed class LogSampler(int maxPerSource, int maxPerKind)
{
    private const int MaxSources = 10_000;
    private const string Template = "{OriginalFormat}";

    private readonly ConcurrentDictionary<Repeat, Counter> _repeats = [];
    private int _sources;

    /// <summary>Whether a line is written.</summary>
    /// <param name="category">The logger's name.</param>
    /// <param name="level">What asks for nobody's attention (debug) and what must have it (critical) is always written.</param>
    /// <param name="id">The event.</param>
    /// <param name="values">The values in the line; one of them may name a source.</param>
    public bool TryTake(string category, LogLevel level, EventId id, IReadOnlyList<KeyValuePair<string, object?>>? values)
    {
        if (level is < LogLevel.Information or >= LogLevel.Critical)
        {
            return true;
        }

        // Many libraries number nothing; then the template tells the kinds apart, which is the last of the values.
        var template = values is { Count: > 0 } && values[^1] is { Key: Template, Value: string text } ? text : "";
        var kind = new Repeat(category, id.Id, template, null);
        if (maxPerSource > 0 && FindSource(values) is { } source && CounterOf(kind with { Source = source }) is { } ofSource && !ofSource.TryTake(maxPerSource))
        {
            return false;
        }

        return maxPerKind == 0 || CounterOf(kind)!.TryTake(maxPerKind);
    }

    /// <summary>Begins a new interval.</summary>
    /// <returns>What was not written in the last one.</returns>
    public IReadOnlyList<(Repeat Line, long Count)> Roll()
    {
        var suppressed = new List<(Repeat, long)>();
        foreach (var (line, counter) in _repeats)
        {
            var (taken, left) = counter.Reset();
            if (left > 0)
            {
                suppressed.Add((line, left));
            }
            else if (taken == 0 && _repeats.TryRemove(line, out _) && line.Source is not null)
            {
                Interlocked.Decrement(ref _sources);
            }
        }

        return suppressed;
    }

    // Null when there are too many sources to count each: then only the kind's own limit holds.
    private Counter? CounterOf(Repeat line)
    {
        if (_repeats.TryGetValue(line, out var counter))
        {
            return counter;
        }

        if (line.Source is not null && Volatile.Read(ref _sources) >= MaxSources)
        {
            return null;
        }

        var added = new Counter();
        counter = _repeats.GetOrAdd(line, added);
        if (ReferenceEquals(counter, added) && line.Source is not null)
        {
            Interlocked.Increment(ref _sources);
        }

        return counter;
    }

    private static IPAddress? FindSource(IReadOnlyList<KeyValuePair<string, object?>>? values)
    {
        for (var i = 0; i < (values?.Count ?? 0); i++)
        {
            var (name, value) = values![i];
            if (name is "Source" or "Address")
            {
                // By address and not by port: who dials again is the same source.
                return value switch
                {
                    IPAddress address => address,
                    IPEndPoint endpoint => endpoint.Address,
                    string text when IPEndPoint.TryParse(text, out var parsed) => parsed.Address,
                    _ => null,
                };
            }
        }

        return null;
    }

    /// <summary>Lines that are repetitions of each other.</summary>
    /// <param name="Category">The logger's name.</param>
    /// <param name="EventId">The event's number.</param>
    /// <param name="Template">The text before the values are in it.</param>
    /// <param name="Source">The peer they are about; null for lines about all of them together.</param>
    public sealed record Repeat(string Category, int EventId, string Template, IPAddress? Source);

    private sealed class Counter
    {
        private long _taken;
        private long _suppressed;

        public bool TryTake(int limit)
        {
            if (Interlocked.Increment(ref _taken) <= limit)
            {
                return true;
            }

            Interlocked.Increment(ref _suppressed);
            return false;
        }

        public (long Taken, long Suppressed) Reset() => (Interlocked.Exchange(ref _taken, 0), Interlocked.Exchange(ref _suppressed, 0));
    }
}
