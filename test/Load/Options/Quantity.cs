using System.Globalization;

namespace Frontier.Load;

/// <summary>Sizes and times as people write them.</summary>
internal static class Quantity
{
    /// <summary>Reads <c>128</c>, <c>16KiB</c>, <c>1MiB</c> as bytes.</summary>
    public static bool TryParseBytes(string text, out int bytes)
    {
        var (number, factor) = text switch
        {
            _ when text.EndsWith("KiB", StringComparison.OrdinalIgnoreCase) => (text[..^3], 1L << 10),
            _ when text.EndsWith("MiB", StringComparison.OrdinalIgnoreCase) => (text[..^3], 1L << 20),
            _ when text.EndsWith('B') => (text[..^1], 1L),
            _ => (text, 1L),
        };
        bytes = 0;
        if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value > int.MaxValue / factor)
        {
            return false;
        }

        bytes = (int)(value * factor);
        return true;
    }

    /// <summary>Reads <c>10</c>, <c>10s</c>, <c>500ms</c>, <c>2m</c>.</summary>
    public static bool TryParseTime(string text, out TimeSpan time)
    {
        var (number, unit) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (text[..^2], 0.001),
            _ when text.EndsWith('s') => (text[..^1], 1.0),
            _ when text.EndsWith('m') => (text[..^1], 60.0),
            _ => (text, 1.0),
        };
        var isNumber = double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value * unit <= 86_400;
        time = isNumber ? TimeSpan.FromSeconds(value * unit) : default;
        return isNumber;
    }
}
