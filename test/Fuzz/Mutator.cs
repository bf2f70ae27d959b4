using System.Buffers.Binary;
using Frontier.Protocol;

namespace Frontier.Fuzz;

/// <summary>Makes inputs out of corpus entries; the same seed makes the same inputs.</summary>
public sealed class Mutator(IReadOnlyList<byte[]> corpus, int seed)
{
    // Pieces of JSON, base64 and times where parsers differ.
    private static readonly byte[][] Tokens =
    [
        .. new[]
        {
            "{", "}", "[", "]", "\"", ",", ":", "null", "true", "\\u0000", "\\ud800", "\\ud83d\\ude00", "\\/", "\\u002b", "\\\"", "=", "==", "A===", "\0",
            " \t\r\n", "-0", "1e9", "9223372036854775808", "-9223372036854775808", "18446744073709551615", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999-23:59",
            "\"key\":\"bQ==\",", "\"value\":null,", "\"error\":\"\\u003ce\\u003e\",", "\"timeout\":7,", "\"x\":{\"y\":[1,{\"z\":null}]},", "\"context\":{},",
            "\"topic\":\"t\",", "\"custom\":\"AAAAAAAAAAE=\",", "\"peer\":\"p\",", "\"peerId\":5,", "\"meta\":\"bQ==\",", "\"features\":\"cancel\",", "{}",
        }.Select(System.Text.Encoding.Latin1.GetBytes),
        [0xff], [0xc3, 0x28], [0xe2, 0x80, 0xa8], [0xed, 0xa0, 0x80],
    ];

    private readonly Random _random = new(seed);

    public byte[] Next()
    {
        var input = corpus[_random.Next(corpus.Count)].ToList();
        input[0] = (byte)_random.Next(256);
        for (var i = _random.Next(1, 5); i > 0; i--)
        {
            Mutate(input);
        }

        return [.. input];
    }

    private void Mutate(List<byte> input)
    {
        switch (_random.Next(8))
        {
            case 0:
                Flip(input);
                break;
            case 1:
                Splice(input);
                break;
            case 2:
                EditLength(input);
                break;
            case 3:
                var end = _random.Next(1, input.Count + 1);
                input.RemoveRange(end, input.Count - end);
                break;
            case 4:
                RepeatFrame(input);
                break;
            default:
                EditBody(input);
                break;
        }
    }

    private void Flip(List<byte> input)
    {
        if (input.Count > 1)
        {
            var at = _random.Next(1, input.Count);
            input[at] ^= (byte)(1 << _random.Next(8));
        }
    }

    private void Splice(List<byte> input)
    {
        var other = corpus[_random.Next(corpus.Count)];
        var from = _random.Next(1, other.Length);
        input.InsertRange(_random.Next(1, input.Count + 1), other[from.._random.Next(from, other.Length)]);
    }

    private void EditLength(List<byte> input)
    {
        if (PickFrame(input) is { } start)
        {
            var length = _random.Next(4) switch
            {
                0 => 0u,
                1 => uint.MaxValue,
                2 => (uint)_random.Next(64),
                _ => ReadLength(input, start) + (uint)_random.Next(-3, 4),
            };
            WriteLength(input, start, length);
        }
    }

    private void RepeatFrame(List<byte> input)
    {
        if (PickFrame(input) is { } start)
        {
            var frame = input.GetRange(start, Math.Min(Frame.HeaderLength + (int)Math.Min(ReadLength(input, start), 65_536), input.Count - start));
            frame[1] = _random.Next(3) == 0 ? (byte)_random.Next(256) : frame[1];
            input.InsertRange(start, frame);
        }
    }

    // Changes a body and makes the frame's length fit, so that the change gets past the codec.
    private void EditBody(List<byte> input)
    {
        if (PickFrame(input) is not { } start)
        {
            return;
        }

        var body = start + Frame.HeaderLength;
        var length = (int)Math.Min(ReadLength(input, start), input.Count - body);
        var at = _random.Next(length + 1);
        var removed = _random.Next(3) == 0 ? Math.Min(_random.Next(16), length - at) : 0;
        var token = _random.Next(4) == 0 ? [(byte)_random.Next(256)] : Tokens[_random.Next(Tokens.Length)];
        input.RemoveRange(body + at, removed);
        input.InsertRange(body + at, token);
        WriteLength(input, start, (uint)(length - removed + token.Length));
    }

    private int? PickFrame(List<byte> input)
    {
        var starts = Corpus.FrameStarts(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(input));
        return starts.Count == 0 ? null : starts[_random.Next(starts.Count)];
    }

    private static uint ReadLength(List<byte> input, int start) =>
        BinaryPrimitives.ReadUInt32BigEndian(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(input)[(start + 10)..]);

    private static void WriteLength(List<byte> input, int start, uint length) =>
        BinaryPrimitives.WriteUInt32BigEndian(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(input)[(start + 10)..], length);
}
