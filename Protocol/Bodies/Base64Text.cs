using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;

namespace Frontier.Protocol;

/// <summary>
/// Standard base64 with padding, as text on the wire. The operations on <c>custom</c> change its last bytes without decoding the rest.
/// The text must have been checked (<see cref="IsValid"/>, or read by the body parsers, which check).
/// </summary>
public static class Base64Text
{
    /// <summary>Bytes of an edge id at the end of <c>custom</c>.</summary>
    public const int IdLength = sizeof(ulong);

    /// <summary>Room that <see cref="AppendId"/> and <see cref="TryCutId"/> need at most.</summary>
    public const int MaxTailLength = 16;

    internal static readonly SearchValues<byte> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8);

    /// <summary>Length of the text of <paramref name="byteCount"/> bytes.</summary>
    public static int GetEncodedLength(int byteCount) => (byteCount + 2) / 3 * 4;

    /// <summary>Number of bytes behind a text.</summary>
    public static int GetDecodedLength(ReadOnlySpan<byte> text) => (text.Length / 4 * 3) - PaddingOf(text);

    /// <summary>Whether the text is base64 with padding and nothing else.</summary>
    public static bool IsValid(ReadOnlySpan<byte> text) =>
        (text.Length & 3) == 0 && text[..^PaddingOf(text)].IndexOfAnyExcept(Alphabet) < 0;

    /// <summary>The bytes behind a text.</summary>
    public static byte[] Decode(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return [];
        }

        var bytes = GC.AllocateUninitializedArray<byte>(GetDecodedLength(text));
        Decode(text, bytes);
        return bytes;
    }

    /// <summary>The bytes behind a text, into a buffer of exactly <see cref="GetDecodedLength"/> bytes.</summary>
    public static void Decode(ReadOnlySpan<byte> text, Span<byte> bytes)
    {
        // Go accepts a last group whose unused bits are set, .NET does not: the text has been checked, so only that can be left.
        if (Base64.DecodeFromUtf8(text, bytes, out _, out _) != OperationStatus.Done)
        {
            var lastGroup = text[..^4];
            if (Base64.DecodeFromUtf8(lastGroup, bytes, out _, out var written) != OperationStatus.Done)
            {
                ProtocolViolationException.Throw(DisconnectReason.MalformedBase64, "a member that is not base64");
            }

            DecodeGroup(text[^4..], bytes[written..]);
        }
    }

    /// <summary>The text of some bytes.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> bytes)
    {
        var text = GC.AllocateUninitializedArray<byte>(GetEncodedLength(bytes.Length));
        Base64.EncodeToUtf8(bytes, text, out _, out _);
        return text;
    }

    /// <summary>
    /// Appends an id's 8 bytes: the result is <paramref name="text"/> cut to <paramref name="keep"/> characters, then what was written to <paramref name="tail"/>.
    /// </summary>
    /// <returns>The number of characters written to <paramref name="tail"/>.</returns>
    public static int AppendId(ReadOnlySpan<byte> text, ulong id, Span<byte> tail, out int keep)
    {
        Span<byte> bytes = stackalloc byte[2 + IdLength];
        var padding = PaddingOf(text);
        var left = padding == 0 ? 0 : 3 - padding;
        keep = left == 0 ? text.Length : text.Length - 4;
        if (left > 0)
        {
            DecodeGroup(text[keep..], bytes[..left]);
        }

        BinaryPrimitives.WriteUInt64BigEndian(bytes[left..], id);
        Base64.EncodeToUtf8(bytes[..(left + IdLength)], tail, out _, out var written);
        return written;
    }

    /// <summary>
    /// Cuts an id's 8 bytes off the end: what remains is <paramref name="text"/> cut to <paramref name="keep"/> characters, then the
    /// <paramref name="tailLength"/> characters written to <paramref name="tail"/>. False when the text holds fewer than 8 bytes.
    /// </summary>
    public static bool TryCutId(ReadOnlySpan<byte> text, Span<byte> tail, out ulong id, out int keep, out int tailLength)
    {
        var remaining = GetDecodedLength(text) - IdLength;
        if (remaining < 0)
        {
            id = 0;
            keep = tailLength = 0;
            return false;
        }

        // Whole groups stay as they are; from the group in which the id starts on there are at most 2 + 8 bytes.
        keep = remaining / 3 * 4;
        var left = remaining % 3;
        Span<byte> bytes = stackalloc byte[2 + IdLength];
        Decode(text[keep..], bytes[..(left + IdLength)]);
        id = BinaryPrimitives.ReadUInt64BigEndian(bytes[left..]);
        Base64.EncodeToUtf8(bytes[..left], tail, out _, out tailLength);
        return true;
    }

    private static int PaddingOf(ReadOnlySpan<byte> text) =>
        text.Length < 4 || text[^1] != '=' ? 0 : text[^2] != '=' ? 1 : 2;

    private static void DecodeGroup(ReadOnlySpan<byte> group, Span<byte> bytes)
    {
        var bits = 0;
        for (var i = 0; i < 4; i++)
        {
            bits = (bits << 6) | ValueOf(group[i]);
        }

        bytes[0] = (byte)(bits >> 16);
        if (bytes.Length > 1)
        {
            bytes[1] = (byte)(bits >> 8);
        }

        if (bytes.Length > 2)
        {
            bytes[2] = (byte)bits;
        }
    }

    private static int ValueOf(byte c) => c switch
    {
        >= (byte)'A' and <= (byte)'Z' => c - 'A',
        >= (byte)'a' and <= (byte)'z' => c - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => c - '0' + 52,
        (byte)'+' => 62,
        (byte)'/' => 63,
        _ => 0,
    };
}
