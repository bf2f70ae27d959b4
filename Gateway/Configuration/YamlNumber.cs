using System.Globalization;
using System.Text.RegularExpressions;

namespace Frontier.Gateway;

/// <summary>
/// Reads whole numbers in the forms of YAML: <c>100000</c>, <c>100_000</c>, <c>0x186a0</c>, <c>0o303240</c>, <c>0b101</c>. A leading 0 alone is none of them:
/// it means octal in YAML 1.1 and nothing in YAML 1.2.
/// </summary>
internal static partial class YamlNumber
{
    /// <summary>Reads a number; false when the text is none, or is more than an <see cref="int"/> holds.</summary>
    public static bool TryParse(string text, out int number)
    {
        number = 0;
        var match = Form().Match(text.Trim());
        if (!match.Success)
        {
            return false;
        }

        var digits = match.Groups["digits"].Value.Replace("_", "", StringComparison.Ordinal);
        var radix = match.Groups["radix"].Value switch
        {
            "0x" or "0X" => 16,
            "0o" or "0O" => 8,
            "0b" or "0B" => 2,
            _ => 10,
        };
        if (radix == 10 && digits is ['0', _, ..])
        {
            return false;
        }

        var magnitude = 0L;
        foreach (var digit in digits)
        {
            var value = char.IsAsciiDigit(digit) ? digit - '0' : char.ToLower(digit, CultureInfo.InvariantCulture) - 'a' + 10;
            if (value >= radix || (magnitude = (magnitude * radix) + value) > 1L + int.MaxValue)
            {
                return false;
            }
        }

        magnitude = match.Groups["sign"].Value == "-" ? -magnitude : magnitude;
        number = unchecked((int)magnitude);
        return number == magnitude;
    }

    [GeneratedRegex("^(?<sign>[+-]?)(?<radix>0[xXoObB])?(?<digits>[0-9a-fA-F]([0-9a-fA-F_]*[0-9a-fA-F])?)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}
