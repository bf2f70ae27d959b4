using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Frontier.Cluster.Tests.Chaos;

/// <summary>What became of one kind of traffic: every attempt is confirmed, refused or hung, and what was confirmed has arrived once, or more often, or not.</summary>
internal sealed class Tally(string name)
{
    /// <summary>How long an attempt may take beyond its own timeout before it counts as hung.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, byte> _confirmed = [];
    private readonly ConcurrentDictionary<string, int> _arrived = [];
    private readonly ConcurrentDictionary<string, int> _refusals = [];
    private int _hung;
    private int _number;
    private long _lastSuccess = Stopwatch.GetTimestamp();
    private long _longestGap;

    public string Name => name;

    public int Hung => _hung;

    public int Confirmed => _confirmed.Count;

    /// <summary>Confirmed and not arrived.</summary>
    public IReadOnlyList<string> Lost => [.. _confirmed.Keys.Where(id => !_arrived.ContainsKey(id))];

    /// <summary>Arrived more than once.</summary>
    public int Doubled => _arrived.Count(entry => entry.Value > 1);

    /// <summary>The longest time between two attempts that succeeded.</summary>
    public TimeSpan LongestGap => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _longestGap));

    /// <summary>Something arrived.</summary>
    public void Arrived(string id) => _arrived.AddOrUpdate(id, 1, (_, times) => times + 1);

    /// <summary>Makes one attempt, which is given its own id, and notes how it ends.</summary>
    public async Task<bool> TryAsync(Func<string, Task> attempt)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{name}-{Interlocked.Increment(ref _number)}");
        try
        {
            await attempt(id).WaitAsync(Patience);
            _confirmed.TryAdd(id, 0);
            NoteSuccess();
            return true;
        }
        catch (TimeoutException)
        {
            Interlocked.Increment(ref _hung);
        }
        catch (FrontierException error)
        {
            _refusals.AddOrUpdate(error.Code.ToString(), 1, (_, times) => times + 1);
        }

        return false;
    }

    /// <summary>Makes attempts, one after the other, until the token is canceled.</summary>
    public async Task RepeatAsync(Func<string, Task> attempt, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            await TryAsync(attempt);
            await Task.Delay(10, CancellationToken.None);
        }
    }

    public override string ToString()
    {
        var refused = string.Join(", ", _refusals.OrderByDescending(refusal => refusal.Value).Select(refusal => $"{refusal.Value} {refusal.Key}"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-8} confirmed {_confirmed.Count}, lost {Lost.Count}, doubled {Doubled}, hung {_hung}, longest gap {LongestGap.TotalSeconds:0.0} s, refused {(refused.Length == 0 ? "0" : refused)}");
    }

    private void NoteSuccess()
    {
        var now = Stopwatch.GetTimestamp();
        var gap = now - Interlocked.Exchange(ref _lastSuccess, now);
        InterlockedMax(ref _longestGap, gap);
    }

    private static void InterlockedMax(ref long target, long value)
    {
        for (var seen = Volatile.Read(ref target); value > seen;)
        {
            var before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
