using System.Buffers;
using System.Globalization;
using System.Text;

namespace Frontier.Silo;

/// <summary>
/// Makes text from outside fit for a line of the log: what would move a terminal's cursor, start a line or turn the order of the letters around is written
/// as <c>\uXXXX</c>, and what is too long is cut.
/// </summary>
internal static class LogText
{
    /// <summary>The longest value of a line, in characters.</summary>
    public const int MaxValueLength = 4096;

    /// <summary>The longest message or stack trace, in characters.</summary>
    public const int MaxLength = 32 * 1024;

    // The controls C0 and C1, the separators of lines and paragraphs, and the marks for the direction of writing.
    private static readonly string Unfit = string.Concat(
        Enumerable.Range(0, 0x20).Concat(Enumerable.Range(0x7f, 0x21)).Concat([0x61c, 0x200e, 0x200f, 0x2028, 0x2029])
            .Concat(Enumerable.Range(0x202a, 5)).Concat(Enumerable.Range(0x2066, 4)).Select(code => (char)code));

    private static readonly SearchValues<char> UnfitForValue = SearchValues.Create(Unfit);

    // Stack traces and some libraries' messages have several lines. The text format joins them with spaces, JSON escapes them.
    private static readonly SearchValues<char> UnfitForText = SearchValues.Create(Unfit.Replace("\n", "", StringComparison.Ordinal).Replace("\t", "", StringComparison.Ordinal));

    /// <summary>A value; the same instance when there is nothing to change.</summary>
    public static string Value(string text) => Clean(text, UnfitForValue, MaxValueLength);

    /// <summary>A message or a stack trace, which may have several lines; the same instance when there is nothing to change.</summary>
    public static string Text(string text) => Clean(text, UnfitForText, MaxLength);

    private static string Clean(string text, SearchValues<char> unfit, int maxLength)
    {
        var first = text.AsSpan().IndexOfAny(unfit);
        if (first < 0 && text.Length <= maxLength)
        {
            return text;
        }

        var cleaned = new StringBuilder(Math.Min(text.Length, maxLength) + 32);
        var rest = text.AsSpan(0, Math.Min(text.Length, maxLength));
        while (true)
        {
            var next = rest.IndexOfAny(unfit);
            if (next < 0)
            {
                cleaned.Append(rest);
                break;
            }

            cleaned.Append(rest[..next]).Append(CultureInfo.InvariantCulture, $"\\u{(int)rest[next]:x4}");
            rest = rest[(next + 1)..];
        }

        return text.Length > maxLength
            ? cleaned.Append(CultureInfo.InvariantCulture, $"… ({text.Length - maxLength} more characters)").ToString()
            : cleaned.ToString();
    }
}
