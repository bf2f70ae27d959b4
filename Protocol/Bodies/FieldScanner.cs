using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text.Unicode;

namespace Frontier.Protocol;

/// <summary>
/// Reads the fields of a binary body, which are encoded like those of a Protocol Buffers message: a tag that says which field it is and how its length
/// is found, then the value. Every length is checked against what is there before it is used; fields of later versions are skipped.
/// </summary>
/// <param name="fields">The fields.</param>
internal ref struct FieldScanner(ReadOnlySpan<byte> fields)
{
    /// <summary>The low bits of a tag: a number in groups of seven bits, lowest first.</summary>
    public const int Varint = 0;

    /// <summary>The low bits of a tag: eight bytes, little-endian.</summary>
    public const int Fixed64 = 1;

    /// <summary>The low bits of a tag: a length as <see cref="Varint"/>, then so many bytes.</summary>
    public const int Bytes = 2;

    private const int Fixed32 = 5;

    private ReadOnlySpan<byte> _rest = fields;

    /// <summary>Moves to the next field; false at the end.</summary>
    /// <param name="tag">The field's number, shifted by three, and in the low bits how it is encoded.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryNext(out uint tag)
    {
        if (_rest.IsEmpty)
        {
            tag = 0;
            return false;
        }

        if (_rest[0] < 0x80)
        {
            tag = _rest[0];
            _rest = _rest[1..];
        }
        else
        {
            var value = ReadVarint();
            tag = value <= uint.MaxValue ? (uint)value : Malformed<uint>("a tag of more than 32 bits");
        }

        if (tag < 8)
        {
            Malformed<uint>("a field without a number");
        }

        return true;
    }

    /// <summary>The bytes of a field.</summary>
    public ReadOnlySpan<byte> ReadBytes()
    {
        var length = ReadVarint();
        if (length > (ulong)_rest.Length)
        {
            Malformed<int>("a length that goes beyond the frame");
        }

        var bytes = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return bytes;
    }

    /// <summary>A text in UTF-8.</summary>
    public ReadOnlySpan<byte> ReadText()
    {
        var text = ReadBytes();
        return Utf8.IsValid(text) ? text : ProtocolViolationException.Throw<ReadOnlySpan<byte>>(DisconnectReason.MalformedUtf8, "a text that is not UTF-8");
    }

    /// <summary>A number.</summary>
    public ulong ReadVarint()
    {
        if (_rest.Length > 0 && _rest[0] < 0x80)
        {
            var small = _rest[0];
            _rest = _rest[1..];
            return small;
        }

        var value = 0UL;
        for (var i = 0; i < 10 && i < _rest.Length; i++)
        {
            var part = _rest[i];
            if (i == 9 && part > 1)
            {
                break;
            }

            value |= (ulong)(part & 0x7f) << (7 * i);
            if (part < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return value;
            }
        }

        return Malformed<ulong>("a number that does not end or does not fit 64 bits");
    }

    /// <summary>A signed number, of which the lowest bit says whether it is negative.</summary>
    public long ReadZigzag()
    {
        var value = ReadVarint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>Eight bytes.</summary>
    public ulong ReadFixed64()
    {
        if (_rest.Length < sizeof(ulong))
        {
            Malformed<int>("eight bytes that are not there");
        }

        var value = BinaryPrimitives.ReadUInt64LittleEndian(_rest);
        _rest = _rest[sizeof(ulong)..];
        return value;
    }

    /// <summary>Passes over a field.</summary>
    /// <param name="tag">Its tag.</param>
    public void Skip(uint tag)
    {
        switch (tag & 7)
        {
            case Varint:
                ReadVarint();
                break;
            case Fixed64:
                ReadFixed64();
                break;
            case Bytes:
                ReadBytes();
                break;
            case Fixed32 when _rest.Length >= sizeof(uint):
                _rest = _rest[sizeof(uint)..];
                break;
            default:
                Malformed<int>("a field whose end cannot be found");
                break;
        }
    }

    private static T Malformed<T>(string what) => ProtocolViolationException.Throw<T>(DisconnectReason.MalformedBinary, what);
}
