using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Unicode;

namespace Frontier.Protocol;

/// <summary>
/// Reads the members of one JSON object in a single forward scan, without building anything. Values that are passed on are handed out as the
/// bytes they stand in, already checked, so that what is written on is well-formed whatever came in. Unknown members are skipped.
/// </summary>
internal ref struct JsonScanner
{
    private static readonly SearchValues<byte> Base64Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8);

    // Where a run of plain string bytes ends: the quote, an escape, or a control character (which JSON does not allow in strings).
    private static readonly SearchValues<byte> StringStops = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(i => (byte)i), (byte)'"', (byte)'\\']);

    // What Go's encoding/json reads: a member that a Go peer takes must not end the connection here.
    private static readonly JsonReaderState Skipping = new(new JsonReaderOptions { MaxDepth = 10_000 });

    private readonly ReadOnlySpan<byte> _json;
    private int _position;
    private bool _first;

    public JsonScanner(ReadOnlySpan<byte> json)
    {
        _json = json;
        _position = 0;
        _first = true;
        Expect((byte)'{');
    }

    /// <summary>Moves to the next member and gives its name; false at the object's end.</summary>
    public bool TryNextMember(out ReadOnlySpan<byte> name)
    {
        var next = NextToken();
        if (next == '}')
        {
            name = default;
            return false;
        }

        if (!_first)
        {
            if (next != ',')
            {
                Malformed();
            }

            next = NextToken();
        }

        _first = false;
        if (next != '"')
        {
            Malformed();
        }

        name = ReadStringRest(out _);
        Expect((byte)':');
        return true;
    }

    /// <summary>After the outermost object nothing but white space may follow.</summary>
    public void ExpectEnd()
    {
        SkipWhiteSpace();
        if (_position != _json.Length)
        {
            Malformed();
        }
    }

    /// <summary>A string of base64 with padding; its text. Empty for null. One pass finds the end and checks the alphabet.</summary>
    public ReadOnlySpan<byte> ReadBase64()
    {
        if (TryReadNull())
        {
            return default;
        }

        Expect((byte)'"');
        var rest = _json[_position..];
        var length = rest.IndexOfAnyExcept(Base64Alphabet);
        if (length < 0)
        {
            Malformed();
        }

        if (rest[length] == '"')
        {
            _position += length + 1;
            return (length & 3) == 0 ? rest[..length] : ThrowBase64();
        }

        return ReadBase64Tail(rest, length);
    }

    /// <summary>A string; its bytes as they stand between the quotes, escapes and all. Empty for null.</summary>
    /// <param name="escaped">Whether it has escapes, so that <see cref="Unescape"/> is needed to know the text.</param>
    public ReadOnlySpan<byte> ReadString(out bool escaped)
    {
        escaped = false;
        if (TryReadNull())
        {
            return default;
        }

        Expect((byte)'"');
        return ReadStringRest(out escaped);
    }

    /// <summary>A time.</summary>
    public GoTime ReadTime()
    {
        var text = ReadString(out var escaped);
        if (text.IsEmpty)
        {
            return default;
        }

        if (escaped)
        {
            text = Unescape(text);
        }

        return GoTime.TryParse(text, out var time) ? time : ProtocolViolationException.Throw<GoTime>(DisconnectReason.MalformedTime, "a time that is not RFC 3339");
    }

    /// <summary>An integer that fits 64 bits. Zero for null.</summary>
    public long ReadInteger()
    {
        if (TryReadNull())
        {
            return 0;
        }

        RequireInteger();
        if (!Utf8Parser.TryParse(_json[_position..], out long value, out var used))
        {
            Malformed();
        }

        _position += used;
        return value;
    }

    /// <summary>An unsigned integer that fits 64 bits. Zero for null.</summary>
    public ulong ReadUnsigned()
    {
        if (TryReadNull())
        {
            return 0;
        }

        RequireInteger();
        if (!Utf8Parser.TryParse(_json[_position..], out ulong value, out var used))
        {
            Malformed();
        }

        _position += used;
        return value;
    }

    /// <summary>Enters an object that is a member's value; false for null. Its members come next, then those behind it.</summary>
    public bool TryEnterObject()
    {
        if (TryReadNull())
        {
            return false;
        }

        Expect((byte)'{');
        _first = true;
        return true;
    }

    /// <summary>To be called after the last member of an entered object.</summary>
    public void LeaveObject() => _first = false;

    /// <summary>Passes over a value of any kind.</summary>
    public void SkipValue()
    {
        try
        {
            var reader = new Utf8JsonReader(_json[_position..], isFinalBlock: true, Skipping);
            if (!reader.Read())
            {
                Malformed();
            }

            reader.Skip();
            _position += (int)reader.BytesConsumed;
        }
        catch (JsonException)
        {
            Malformed(); // The exception's own message quotes what was sent.
        }
    }

    /// <summary>The text behind a string's escapes. Allocates: for the rare string that has any.</summary>
    public static byte[] Unescape(ReadOnlySpan<byte> escaped)
    {
        var quoted = new byte[escaped.Length + 2];
        quoted[0] = quoted[^1] = (byte)'"';
        escaped.CopyTo(quoted.AsSpan(1));
        try
        {
            var reader = new Utf8JsonReader(quoted);
            reader.Read();
            var text = new byte[escaped.Length];
            return text[..reader.CopyString(text)];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A lone surrogate is valid JSON but no text; Go reads it as U+FFFD, here it ends the connection like other broken UTF-8.
            return ProtocolViolationException.Throw<byte[]>(DisconnectReason.MalformedUtf8, "an escape that is no character");
        }
    }

    private ReadOnlySpan<byte> ReadBase64Tail(ReadOnlySpan<byte> rest, int length)
    {
        // Up to two '=' and the quote, or an escape: '/' and '+' may arrive as \/ and \u002b from encoders other than Go's.
        var end = length;
        while (end < rest.Length && end - length < 2 && rest[end] == '=')
        {
            end++;
        }

        if (end < rest.Length && rest[end] == '"')
        {
            _position += end + 1;
            return (end & 3) == 0 ? rest[..end] : ThrowBase64();
        }

        if (rest[length] != '\\' && (end == rest.Length || rest[end] != '\\'))
        {
            return end < rest.Length ? ThrowBase64() : ProtocolViolationException.Throw<ReadOnlySpan<byte>>(DisconnectReason.MalformedJson, "a string without an end");
        }

        ReadOnlySpan<byte> plain = Unescape(ReadStringRest(out _));
        return Base64Text.IsValid(plain) ? plain : ThrowBase64();
    }

    private ReadOnlySpan<byte> ReadStringRest(out bool escaped)
    {
        escaped = false;
        var start = _position;
        while (true)
        {
            var stop = _json[_position..].IndexOfAny(StringStops);
            if (stop < 0)
            {
                ProtocolViolationException.Throw(DisconnectReason.MalformedJson, "a string without an end");
            }

            _position += stop;
            switch (_json[_position])
            {
                case (byte)'"':
                    var text = _json[start.._position];
                    _position++;
                    return Utf8.IsValid(text) ? text : ProtocolViolationException.Throw<ReadOnlySpan<byte>>(DisconnectReason.MalformedUtf8, "a string that is not UTF-8");
                case (byte)'\\':
                    escaped = true;
                    SkipEscape();
                    break;
                default:
                    ProtocolViolationException.Throw(DisconnectReason.MalformedJson, "a control character in a string");
                    break;
            }
        }
    }

    private void SkipEscape()
    {
        var rest = _json[_position..];
        if (rest.Length >= 2 && rest[1] is (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t')
        {
            _position += 2;
            return;
        }

        if (rest.Length < 6 || rest[1] != 'u')
        {
            Malformed();
        }

        foreach (var digit in rest[2..6])
        {
            if (!char.IsAsciiHexDigit((char)digit))
            {
                Malformed();
            }
        }

        _position += 6;
    }

    private bool TryReadNull()
    {
        SkipWhiteSpace();
        if (_position < _json.Length && _json[_position] == 'n')
        {
            if (!_json[_position..].StartsWith("null"u8))
            {
                Malformed();
            }

            _position += 4;
            return true;
        }

        return false;
    }

    // JSON's numbers have neither a plus sign nor leading zeros; the framework's parser takes both.
    private readonly void RequireInteger()
    {
        var rest = _json[_position..];
        var digits = rest is [(byte)'-', ..] ? rest[1..] : rest;
        if (digits.IsEmpty || !char.IsAsciiDigit((char)digits[0]) || (digits[0] == '0' && digits.Length > 1 && char.IsAsciiDigit((char)digits[1])))
        {
            Malformed();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte NextToken()
    {
        SkipWhiteSpace();
        if (_position >= _json.Length)
        {
            Malformed();
        }

        return _json[_position++];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Expect(byte token)
    {
        if ((uint)_position < (uint)_json.Length && _json[_position] == token)
        {
            _position++;
        }
        else if (NextToken() != token)
        {
            Malformed();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SkipWhiteSpace()
    {
        while ((uint)_position < (uint)_json.Length && _json[_position] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')
        {
            _position++;
        }
    }

    private static ReadOnlySpan<byte> ThrowBase64() =>
        ProtocolViolationException.Throw<ReadOnlySpan<byte>>(DisconnectReason.MalformedBase64, "a member that is not base64");

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private readonly void Malformed() =>
        ProtocolViolationException.Throw(DisconnectReason.MalformedJson, $"malformed JSON near byte {_position}");
}
