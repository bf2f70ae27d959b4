using System.Collections.Concurrent;

namespace Frontier.Gateway;

/// <summary>
/// Whether the process should get traffic: it should while every named condition is met. Whoever is responsible for a condition names it
/// early, as not met, so that there is no moment at which it is forgotten.
/// </summary>
public sealed class Readiness
{
    private readonly ConcurrentDictionary<string, string?> _reasons = new(StringComparer.Ordinal);

    /// <summary>Whether every condition is met.</summary>
    public bool IsReady => _reasons.Values.All(reason => reason is null);

    /// <summary>The conditions that are not met, each with the reason.</summary>
    public IReadOnlyDictionary<string, string> Reasons =>
        _reasons.Where(condition => condition.Value is not null).ToDictionary(condition => condition.Key, condition => condition.Value!);

    /// <summary>A condition is met.</summary>
    /// <param name="condition">Its name, one word.</param>
    public void Met(string condition) => _reasons[condition] = null;

    /// <summary>A condition is not met.</summary>
    /// <param name="condition">Its name, one word.</param>
    /// <param name="reason">Why, for people.</param>
    public void NotMet(string condition, string reason)
    {
        ArgumentException.ThrowIfNullOrEmpty(reason);
        _reasons[condition] = reason;
    }
}
