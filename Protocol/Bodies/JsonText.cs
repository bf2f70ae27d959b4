using System.Buffers;
using System.Text;

namespace Frontier.Protocol;

/// <summary>Text as Go's encoding/json puts it between quotes, and back.</summary>
public static class JsonText
{
    // What Go escapes: the quote, the backslash, control characters, and <, > and & (its HTML-safe default). U+2028 and U+2029 too, by their first byte.
    private static readonly SearchValues<byte> NeedsEscape = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(i => (byte)i), (byte)'"', (byte)'\\', (byte)'<', (byte)'>', (byte)'&', 0xE2]);

    // \uXXXX
    private const int MaxEscapeLength = 6;
    private const byte LineSeparatorStart = 0xE2;

    private static ReadOnlySpan<byte> Hex => "0123456789abcdef"u8;

    /// <summary>The bytes to put between quotes for a text.</summary>
    public static byte[] Escape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Escape(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>The bytes to put between quotes for a UTF-8 text; the text itself when nothing has to be escaped.</summary>
    public static byte[] Escape(byte[] text)
    {
        var length = GetEscapedLength(text);
        if (length == text.Length)
        {
            return text;
        }

        var output = new byte[length];
        Escape(text, output);
        return output;
    }

    /// <summary>How many bytes <see cref="Escape(ReadOnlySpan{byte}, Span{byte})"/> writes for a UTF-8 text.</summary>
    public static int GetEscapedLength(ReadOnlySpan<byte> text)
    {
        var length = text.Length;
        Span<byte> escape = stackalloc byte[MaxEscapeLength];
        for (int stop; (stop = text.IndexOfAny(NeedsEscape)) >= 0;)
        {
            length += EscapeAt(text[stop..], escape, out var used) - used;
            text = text[(stop + used)..];
        }

        return length;
    }

    /// <summary>Writes what to put between quotes for a UTF-8 text; returns the bytes written.</summary>
    public static int Escape(ReadOnlySpan<byte> text, Span<byte> output)
    {
        var written = 0;
        Span<byte> escape = stackalloc byte[MaxEscapeLength];
        for (int stop; (stop = text.IndexOfAny(NeedsEscape)) >= 0;)
        {
            text[..stop].CopyTo(output[written..]);
            var length = EscapeAt(text[stop..], escape, out var used);
            escape[..length].CopyTo(output[(written + stop)..]);
            written += stop + length;
            text = text[(stop + used)..];
        }

        text.CopyTo(output[written..]);
        return written + text.Length;
    }

    /// <summary>How many bytes of UTF-8 are behind the bytes between two quotes, which have been checked.</summary>
    public static int GetUnescapedLength(ReadOnlySpan<byte> raw)
    {
        var length = raw.Length;
        for (int stop; (stop = raw.IndexOf((byte)'\\')) >= 0;)
        {
            length += UnescapeAt(raw[stop..], out var used).Utf8SequenceLength - used;
            raw = raw[(stop + used)..];
        }

        return length;
    }

    /// <summary>
    /// Writes the UTF-8 behind the bytes between two quotes, which have been checked, into exactly <see cref="GetUnescapedLength"/> bytes. Half of a
    /// surrogate pair becomes U+FFFD, as Go reads it.
    /// </summary>
    public static void Unescape(ReadOnlySpan<byte> raw, Span<byte> output)
    {
        for (int stop; (stop = raw.IndexOf((byte)'\\')) >= 0;)
        {
            raw[..stop].CopyTo(output);
            var rune = UnescapeAt(raw[stop..], out var used);
            output = output[(stop + rune.EncodeToUtf8(output[stop..]))..];
            raw = raw[(stop + used)..];
        }

        raw.CopyTo(output);
    }

    /// <summary>The text behind the bytes between two quotes, as the body parsers hand them out.</summary>
    /// <param name="raw">The bytes.</param>
    /// <param name="escaped">Whether they have escapes.</param>
    public static string Decode(ReadOnlySpan<byte> raw, bool escaped) => Encoding.UTF8.GetString(escaped ? JsonScanner.Unescape(raw) : raw);

    /// <summary>The UTF-8 text behind the bytes between two quotes; the same bytes when they have no escapes.</summary>
    /// <param name="raw">The bytes.</param>
    /// <param name="escaped">Whether they have escapes.</param>
    public static ReadOnlySpan<byte> DecodeUtf8(ReadOnlySpan<byte> raw, bool escaped) => escaped ? JsonScanner.Unescape(raw) : raw;

    // What a byte that may need an escape becomes, with those behind it that belong to it.
    private static int EscapeAt(ReadOnlySpan<byte> text, Span<byte> escape, out int used)
    {
        used = 1;
        var c = text[0];
        var letter = c switch
        {
            (byte)'"' or (byte)'\\' => c,
            (byte)'\n' => (byte)'n',
            (byte)'\r' => (byte)'r',
            (byte)'\t' => (byte)'t',
            (byte)'\b' => (byte)'b',
            (byte)'\f' => (byte)'f',
            _ => (byte)0,
        };
        escape[0] = (byte)'\\';
        if (letter != 0)
        {
            escape[1] = letter;
            return 2;
        }

        if (c == LineSeparatorStart)
        {
            if (text.Length < 3 || text[1] != 0x80 || text[2] is not (0xA8 or 0xA9))
            {
                escape[0] = c;
                return 1;
            }

            used = 3;
            "u202"u8.CopyTo(escape[1..]);
            escape[5] = Hex[text[2] & 15];
            return MaxEscapeLength;
        }

        "u00"u8.CopyTo(escape[1..]);
        escape[4] = Hex[c >> 4];
        escape[5] = Hex[c & 15];
        return MaxEscapeLength;
    }

    // The character behind an escape.
    private static Rune UnescapeAt(ReadOnlySpan<byte> raw, out int used)
    {
        used = 2;
        switch (raw[1])
        {
            case (byte)'n':
                return new Rune('\n');
            case (byte)'r':
                return new Rune('\r');
            case (byte)'t':
                return new Rune('\t');
            case (byte)'b':
                return new Rune('\b');
            case (byte)'f':
                return new Rune('\f');
            case (byte)'u':
                break;
            default:
                return new Rune(raw[1]);
        }

        used = MaxEscapeLength;
        var first = CodeUnitAt(raw);
        if (Rune.TryCreate(first, out var rune))
        {
            return rune;
        }

        if (raw.Length >= 2 * MaxEscapeLength && raw[MaxEscapeLength] == '\\' && raw[MaxEscapeLength + 1] == 'u'
            && Rune.TryCreate(first, CodeUnitAt(raw[MaxEscapeLength..]), out rune))
        {
            used = 2 * MaxEscapeLength;
            return rune;
        }

        return Rune.ReplacementChar;
    }

    // \uXXXX, its digits checked already.
    private static char CodeUnitAt(ReadOnlySpan<byte> escape)
    {
        var unit = 0;
        foreach (var digit in escape[2..MaxEscapeLength])
        {
            unit = (unit << 4) | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        return (char)unit;
    }
}
