using System.Buffers;
using System.Globalization;

namespace Frontier.Gateway;

/// <summary>Reads durations as Go writes them (<c>10s</c>, <c>1m30s</c>, <c>500ms</c>) or as .NET does (<c>00:00:10</c>).</summary>
internal static class Duration
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    // Longer names first: "ms" must not be read as minutes followed by a stray "s".
    private static readonly (string Unit, decimal Ticks)[] Units =
    [
        ("ns", 0.01m), ("us", 10m), ("µs", 10m), ("μs", 10m), ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute), ("h", TimeSpan.TicksPerHour),
    ];

    /// <summary>
    /// Reads a duration; false when the text is none. A bare number other than 0 is none: Go would take it for nanoseconds, .NET for days,
    /// and whoever wrote it probably meant seconds.
    /// </summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        var rest = text.AsSpan().Trim();
        if (rest.Contains(':'))
        {
            return TimeSpan.TryParseExact(rest, "c", CultureInfo.InvariantCulture, out duration);
        }

        duration = TimeSpan.Zero;
        if (rest is "0")
        {
            return true;
        }

        var negative = rest.StartsWith("-");
        if (negative || rest.StartsWith("+"))
        {
            rest = rest[1..];
        }

        if (rest.IsEmpty)
        {
            return false;
        }

        var ticks = 0m;
        while (!rest.IsEmpty)
        {
            if (!TryTakeTerm(ref rest, out var term) || (ticks += term) > long.MaxValue)
            {
                return false;
            }
        }

        duration = TimeSpan.FromTicks((long)(negative ? -ticks : ticks));
        return true;
    }

    private static bool TryTakeTerm(ref ReadOnlySpan<char> rest, out decimal ticks)
    {
        ticks = 0;
        var digits = rest.IndexOfAnyExcept(NumberCharacters);
        // 18 digits hold every TimeSpan in every unit but nanoseconds and keep the product inside a decimal.
        if (digits is <= 0 or > 18
            || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
        {
            return false;
        }

        rest = rest[digits..];
        foreach (var (unit, unitTicks) in Units)
        {
            if (rest.StartsWith(unit, StringComparison.Ordinal))
            {
                rest = rest[unit.Length..];
                ticks = amount * unitTicks;
                return true;
            }
        }

        return false;
    }
}
