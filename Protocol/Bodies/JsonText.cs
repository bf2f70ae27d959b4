using System.Buffers;
using System.Text;

namespace Frontier.Protocol;

/// <summary>Text as Go's encoding/json puts it between quotes, and back.</summary>
public static class JsonText
{
    // What Go escapes: the quote, the backslash, control characters, and <, > and & (its HTML-safe default). U+2028 and U+2029 too, by their first byte.
    private static readonly SearchValues<byte> NeedsEscape = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(i => (byte)i), (byte)'"', (byte)'\\', (byte)'<', (byte)'>', (byte)'&', 0xE2]);

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
        if (text.AsSpan().IndexOfAny(NeedsEscape) < 0)
        {
            return text;
        }

        var output = new ArrayBufferWriter<byte>(text.Length + 16);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            switch (c)
            {
                case (byte)'"':
                    output.Write("\\\""u8);
                    break;
                case (byte)'\\':
                    output.Write("\\\\"u8);
                    break;
                case (byte)'\n':
                    output.Write("\\n"u8);
                    break;
                case (byte)'\r':
                    output.Write("\\r"u8);
                    break;
                case (byte)'\t':
                    output.Write("\\t"u8);
                    break;
                case (byte)'\b':
                    output.Write("\\b"u8);
                    break;
                case (byte)'\f':
                    output.Write("\\f"u8);
                    break;
                case < 0x20 or (byte)'<' or (byte)'>' or (byte)'&':
                    output.Write([(byte)'\\', (byte)'u', (byte)'0', (byte)'0', Hex[c >> 4], Hex[c & 15]]);
                    break;
                case 0xE2 when i + 2 < text.Length && text[i + 1] == 0x80 && text[i + 2] is 0xA8 or 0xA9:
                    output.Write("\\u202"u8);
                    output.Write([Hex[text[i + 2] & 15]]);
                    i += 2;
                    break;
                default:
                    output.Write([c]);
                    break;
            }
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>The text behind the bytes between two quotes, as the body parsers hand them out.</summary>
    /// <param name="raw">The bytes.</param>
    /// <param name="escaped">Whether they have escapes.</param>
    public static string Decode(ReadOnlySpan<byte> raw, bool escaped) => Encoding.UTF8.GetString(escaped ? JsonScanner.Unescape(raw) : raw);

    /// <summary>The UTF-8 text behind the bytes between two quotes; the same bytes when they have no escapes.</summary>
    /// <param name="raw">The bytes.</param>
    /// <param name="escaped">Whether they have escapes.</param>
    public static ReadOnlySpan<byte> DecodeUtf8(ReadOnlySpan<byte> raw, bool escaped) => escaped ? JsonScanner.Unescape(raw) : raw;
}
