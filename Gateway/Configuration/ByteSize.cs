using System.Buffers;
using System.Globalization;

namespace Frontier.Gateway;

/// <summary>Reads sizes as people write them: a plain number of bytes, or one with a unit (<c>64KiB</c>, <c>10MiB</c>, <c>1GB</c>).</summary>
internal static class ByteSize
{
    // IEC units are powers of 1024, SI units powers of 1000, as everywhere else in Kubernetes and Go tooling.
    private static readonly (string Unit, long Factor)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30),
        ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000),
        ("B", 1),
    ];

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789_");

    /// <summary>Reads a size in bytes; false when the text is none, or is more than an <see cref="int"/> holds.</summary>
    public static bool TryParse(string text, out int bytes)
    {
        // First, because of 0x2b: its last letter is no unit. What is left of plain numbers then is ambiguous (010) or too large.
        if (YamlNumber.TryParse(text, out bytes))
        {
            return true;
        }

        var number = text.AsSpan().Trim();
        if (!number.ContainsAnyExcept(Digits))
        {
            return false;
        }

        var factor = 1L;
        foreach (var (unit, unitFactor) in Units)
        {
            if (number.EndsWith(unit, StringComparison.OrdinalIgnoreCase))
            {
                number = number[..^unit.Length].TrimEnd();
                factor = unitFactor;
                break;
            }
        }

        if (!decimal.TryParse(number.ToString().Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var amount)
            || Math.Abs(amount) > int.MaxValue)
        {
            return false;
        }

        amount *= factor;
        if (amount != decimal.Truncate(amount) || Math.Abs(amount) > int.MaxValue)
        {
            return false;
        }

        bytes = (int)amount;
        return true;
    }
}
