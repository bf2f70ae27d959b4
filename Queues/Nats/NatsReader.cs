using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;

namespace Frontier.Queues;

/// <summary>What a NATS server sends, cut into operations.</summary>
/// <param name="input">The connection.</param>
internal sealed class NatsReader(PipeReader input)
{
    // INFO of a cluster names all its servers; the protocol's own limit for a line is 4 KiB for everything else.
    private const int MaxLine = 256 << 10;
    // Answers are a few hundred bytes; a stream's description with very many subjects is the largest.
    private const int MaxPayload = 16 << 20;

    /// <summary>One operation.</summary>
    /// <param name="Line">Its line, without the line end.</param>
    /// <param name="Header">The header block of an HMSG.</param>
    /// <param name="Payload">The payload of a MSG or HMSG.</param>
    public readonly record struct Operation(string Line, string Header, byte[] Payload)
    {
        /// <summary>Whether the operation has this name.</summary>
        public bool Is(string name) =>
            Line.StartsWith(name, StringComparison.OrdinalIgnoreCase) && (Line.Length == name.Length || Line[name.Length] is ' ' or '\t');
    }

    /// <summary>The next operation, when the whole of it is there already.</summary>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, out Operation operation)
    {
        operation = default;
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryReadTo(out ReadOnlySequence<byte> lineBytes, "\r\n"u8))
        {
            return buffer.Length <= MaxLine ? false : throw new InvalidDataException("a line without end from the NATS server");
        }

        var line = Encoding.UTF8.GetString(lineBytes);
        operation = new Operation(line, "", []);
        var hasHeader = operation.Is("HMSG");
        if (hasHeader || operation.Is("MSG"))
        {
            // MSG <subject> <sid> [reply-to] <#bytes>      HMSG <subject> <sid> [reply-to] <#header bytes> <#total bytes>
            var words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            var total = Number(words, 1);
            var header = hasHeader ? Number(words, 2) : 0;
            if (header > total)
            {
                throw new InvalidDataException($"a message with more header than message from the NATS server: {line}");
            }

            if (reader.Remaining < total + 2)
            {
                return false;
            }

            var content = new byte[total];
            reader.TryCopyTo(content);
            reader.Advance(total + 2);
            operation = new Operation(line, Encoding.UTF8.GetString(content, 0, header), content[header..]);
        }

        buffer = buffer.Slice(reader.Position);
        return true;
    }

    /// <summary>Hands every operation over until the connection ends.</summary>
    public async Task RunAsync(Action<Operation> take)
    {
        while (true)
        {
            var result = await input.ReadAsync();
            var buffer = result.Buffer;
            while (TryRead(ref buffer, out var operation))
            {
                take(operation);
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                throw new EndOfStreamException("the NATS server closed the connection");
            }
        }
    }

    private static int Number(string[] words, int fromEnd) =>
        words.Length > fromEnd + 2
        && Utf8Parser.TryParse(Encoding.ASCII.GetBytes(words[^fromEnd]), out int number, out var used)
        && used == words[^fromEnd].Length
        && number is >= 0 and <= MaxPayload
            ? number
            : throw new InvalidDataException($"a message of no length from the NATS server: {string.Join(' ', words)}");
}
