using System.Globalization;

namespace Frontier.Load;

/// <summary>How many operations a second an open loop starts.</summary>
/// <param name="Value">Operations a second, or a part of the rate that saturates the gateway.</param>
/// <param name="IsPercent">Which of the two.</param>
public readonly record struct Rate(double Value, bool IsPercent)
{
    /// <summary>Reads <c>5000</c> or <c>50%</c>.</summary>
    public static bool TryParse(string text, out Rate rate)
    {
        var isPercent = text.EndsWith('%');
        var isNumber = double.TryParse(isPercent ? text[..^1] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value);
        rate = new Rate(value, isPercent);
        return isNumber && double.IsFinite(value) && value > 0;
    }
}
