using System.Globalization;

namespace Frontier.Gateway;

/// <summary>Bounds of numbers and durations.</summary>
internal static class NumberRules
{
    // The longest wait that any timer of the platform takes is 49 days; nobody means more than one when they write a timeout.
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromHours(24);

    /// <summary>Adds that a number is smaller than it can be.</summary>
    public static void AtLeast(string path, int value, int minimum, ICollection<string> failures)
    {
        if (value < minimum)
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"{path}: {value} is less than {minimum}"));
        }
    }

    /// <summary>Adds that a duration is not one to wait for: zero, negative, or beyond a day.</summary>
    public static void Timeout(string path, TimeSpan value, ICollection<string> failures)
    {
        if (value <= TimeSpan.Zero || value > LongestTimeout)
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"{path}: {value:c} is not between 0 (excluded) and 24h"));
        }
    }
}
