using System.Text;

namespace Frontier.Gateway;

/// <summary>
/// SQL's LIKE as SQLite has it, because the original hands its filters to it: <c>%</c> stands for anything, <c>_</c> for one character, and the case of
/// ASCII letters does not count. Works on the bytes as they are, so nothing is decoded and no text is too odd.
/// </summary>
internal sealed class LikePattern(string pattern)
{
    private readonly byte[] _pattern = Encoding.UTF8.GetBytes(pattern);

    /// <summary>Whether a text in UTF-8 is like the pattern.</summary>
    public bool IsMatch(ReadOnlySpan<byte> text)
    {
        // Greedy with one way back: a later % makes earlier ones settled, so the cost is at most the product of the lengths.
        int at = 0, p = 0, star = -1, retry = 0;
        while (at < text.Length)
        {
            if (p < _pattern.Length && _pattern[p] == '%')
            {
                star = p++;
                retry = at;
            }
            else if (p < _pattern.Length && _pattern[p] == '_')
            {
                p++;
                at = NextCharacter(text, at);
            }
            else if (p < _pattern.Length && Fold(_pattern[p]) == Fold(text[at]))
            {
                p++;
                at++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                at = retry = NextCharacter(text, retry);
            }
            else
            {
                return false;
            }
        }

        return _pattern.AsSpan(p).TrimStart((byte)'%').IsEmpty;
    }

    /// <summary>Whether a text is like the pattern.</summary>
    public bool IsMatch(string text)
    {
        Span<byte> buffer = stackalloc byte[256];
        return Encoding.UTF8.TryGetBytes(text, buffer, out var length) ? IsMatch(buffer[..length]) : IsMatch(Encoding.UTF8.GetBytes(text));
    }

    private static byte Fold(byte letter) => letter is >= (byte)'A' and <= (byte)'Z' ? (byte)(letter | 0x20) : letter;

    private static int NextCharacter(ReadOnlySpan<byte> text, int at)
    {
        do
        {
            at++;
        }
        while (at < text.Length && (text[at] & 0xC0) == 0x80);
        return at;
    }
}
