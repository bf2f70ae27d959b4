using System.Buffers.Text;

namespace Frontier.Protocol;

/// <summary>Writes an object of optional strings the way Go does: empty members are left out. Text must already be escaped or base64.</summary>
/// <param name="output">Where to.</param>
internal ref struct JsonMembers(Span<byte> output)
{
    private readonly Span<byte> _output = output;
    private int _length;

    /// <summary>What a member adds: separator or brace, the quoted name with its colon, the quoted text. Nothing when empty.</summary>
    public static int Length(int quotedNameLength, int textLength) => textLength == 0 ? 0 : 1 + quotedNameLength + 1 + 2 + textLength;

    /// <summary>What a number adds: separator or brace, the quoted name with its colon, the digits. Nothing without digits.</summary>
    public static int NumberLength(int quotedNameLength, int digits) => digits == 0 ? 0 : 1 + quotedNameLength + 1 + digits;

    /// <summary>Formats a number; nothing when there is none.</summary>
    public static int Digits(int? value, scoped Span<byte> digits)
    {
        if (value is not { } number)
        {
            return 0;
        }

        Utf8Formatter.TryFormat(number, digits, out var written);
        return written;
    }

    public void Append(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return;
        }

        AppendName(name);
        _output[_length++] = (byte)'"';
        text.CopyTo(_output[_length..]);
        _length += text.Length;
        _output[_length++] = (byte)'"';
    }

    public void AppendNumber(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> digits)
    {
        if (digits.IsEmpty)
        {
            return;
        }

        AppendName(name);
        digits.CopyTo(_output[_length..]);
        _length += digits.Length;
    }

    public void End()
    {
        if (_length == 0)
        {
            _output[_length++] = (byte)'{';
        }

        _output[_length++] = (byte)'}';
    }

    private void AppendName(scoped ReadOnlySpan<byte> name)
    {
        _output[_length] = (byte)(_length == 0 ? '{' : ',');
        _length++;
        name.CopyTo(_output[_length..]);
        _length += name.Length;
    }
}
