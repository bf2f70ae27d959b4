using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;

namespace Frontier.Queues;

/// <summary>
/// A connection to a NATS server: the text protocol as far as a producer needs it (INFO, CONNECT, PUB, HPUB, SUB, PING, PONG, MSG, HMSG, -ERR). Written
/// here because no client package of the registry that the project builds against can be used.
/// </summary>
internal abstract class NatsConnection : IQueueConnection
{
    private readonly Stream _stream;
    private readonly PipeReader _reader;
    private readonly PipeWriter _writer;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeSpan _patience;
    private Task _reading = Task.CompletedTask;

    /// <summary>Takes over a connection on which INFO was read.</summary>
    protected NatsConnection(Stream stream, NatsInfo info, TimeSpan patience)
    {
        _stream = stream;
        Info = info;
        _patience = patience;
        _reader = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
        _writer = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true, minimumBufferSize: 16 << 10));
    }

    /// <inheritdoc/>
    public Task Lost => _lost.Task;

    /// <summary>What the server said of itself.</summary>
    protected NatsInfo Info { get; private set; }

    /// <summary>How long an answer may take.</summary>
    protected TimeSpan Patience => _patience;

    /// <summary>Dials a server, reads what it says of itself and goes over to TLS where that is asked for.</summary>
    public static async Task<(Stream Stream, NatsInfo Info)> DialAsync(QueueAddress address, QueueTlsOptions tls, CancellationToken cancellationToken)
    {
        var stream = await TlsClient.DialAsync(address.Host, address.Port, cancellationToken);
        try
        {
            var line = await ReadFirstLineAsync(stream, cancellationToken);
            if (!line.StartsWith("INFO ", StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidDataException("the server does not speak NATS");
            }

            var info = JsonSerializer.Deserialize(line.AsSpan(5), NatsJson.Default.NatsInfo)!;
            if (!info.Headers)
            {
                throw new InvalidDataException("the NATS server is too old: it knows no headers");
            }

            return (tls.Enable || info.TlsRequired ? await TlsClient.SecureAsync(stream, address.Host, tls, cancellationToken) : stream, info);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Logs in: CONNECT and PING, PONG back. From here on the connection reads by itself.</summary>
    public async Task LogInAsync(NatsConnect connect, CancellationToken cancellationToken)
    {
        Append($"CONNECT {JsonSerializer.Serialize(connect, NatsJson.Default.NatsConnect)}\r\nPING\r\n");
        await FlushAsync(cancellationToken);
        while (true)
        {
            var result = await _reader.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            var isIn = false;
            while (!isIn && NatsReader.TryRead(ref buffer, out var operation))
            {
                if (operation.Is("-ERR"))
                {
                    throw new IOException($"the NATS server says {operation.Line[4..].Trim()}");
                }

                isIn = operation.Is("PONG");
            }

            _reader.AdvanceTo(buffer.Start, isIn ? buffer.Start : buffer.End);
            if (isIn)
            {
                break;
            }

            if (result.IsCompleted)
            {
                throw new EndOfStreamException("the NATS server closed the connection during the login");
            }
        }

        _reading = ReadAsync();
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(IReadOnlyList<Outgoing> messages, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            foreach (var outgoing in messages)
            {
                if (!NatsSubject.IsLegal(outgoing.Message.Topic))
                {
                    outgoing.Fail(new FrontierException(FrontierErrorCode.Refused, "the topic cannot be a NATS subject"));
                }
                else if (!TryWrite(outgoing))
                {
                    outgoing.Fail(new FrontierException(FrontierErrorCode.TooLarge));
                }
            }

            OnWritten();
            await _writer.FlushAsync(cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc/>
    public abstract void Check();

    /// <inheritdoc/>
    public abstract void FailAll(FrontierException error);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await _reading; // Ends with the stream, and never fails.
        _writing.Dispose();
    }

    /// <summary>What the subclass expects an answer by; called before the message is written.</summary>
    /// <returns>The subject that the answer is to come to; empty for none.</returns>
    protected abstract string Expect(Outgoing outgoing);

    /// <summary>A batch has been written and is about to be flushed.</summary>
    protected virtual void OnWritten()
    {
    }

    /// <summary>PONG came.</summary>
    protected virtual void OnPong()
    {
    }

    /// <summary>A message came.</summary>
    protected virtual void OnMessage(string subject, NatsReader.Operation message)
    {
    }

    /// <summary>The server does not let this connection publish to a subject.</summary>
    protected virtual void OnNotPermitted(string subject, string error)
    {
    }

    /// <summary>Writes text; it goes out with the next flush.</summary>
    protected void Append(string text)
    {
        var span = _writer.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        _writer.Advance(Encoding.UTF8.GetBytes(text, span));
    }

    /// <summary>Sends what was written.</summary>
    protected async Task FlushAsync(CancellationToken cancellationToken) => await _writer.FlushAsync(cancellationToken);

    // HPUB <subject> [reply-to] <#header bytes> <#total bytes>, the header block, the payload.
    private bool TryWrite(Outgoing outgoing)
    {
        var message = outgoing.Message;
        var header = new StringBuilder("NATS/1.0\r\n");
        foreach (var (name, value) in QueueHeaders.TextOf(message))
        {
            // A header's value is one line; everything but a topic is one anyhow, and a topic with a line end is no subject.
            header.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        if (QueueHeaders.CustomText(message) is { } custom)
        {
            header.Append(QueueHeaders.Custom).Append(": ").Append(custom).Append("\r\n");
        }

        header.Append("\r\n");
        var block = header.ToString();
        var headerLength = Encoding.UTF8.GetByteCount(block);
        var total = headerLength + message.Payload.Length;
        if (total > Info.MaxPayload)
        {
            return false;
        }

        var reply = Expect(outgoing);
        Append(string.Create(CultureInfo.InvariantCulture, $"HPUB {message.Topic} {reply}{(reply.Length > 0 ? " " : "")}{headerLength} {total}\r\n{block}"));
        var left = message.Payload.Span;
        while (!left.IsEmpty)
        {
            var span = _writer.GetSpan();
            var length = Math.Min(span.Length, left.Length);
            left[..length].CopyTo(span);
            _writer.Advance(length);
            left = left[length..];
        }

        Append("\r\n");
        return true;
    }

    private async Task ReadAsync()
    {
        await Task.Yield();
        try
        {
            await new NatsReader(_reader).RunAsync(Take);
        }
#pragma warning disable CA1031 // Whatever ends the reading ends the connection, which says why.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _lost.TrySetException(e);
            _ = _lost.Task.Exception;
        }
    }

    private void Take(NatsReader.Operation operation)
    {
        if (operation.Is("MSG") || operation.Is("HMSG"))
        {
            OnMessage(operation.Line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], operation);
        }
        else if (operation.Is("PONG"))
        {
            OnPong();
        }
        else if (operation.Is("PING"))
        {
            _ = AnswerPingAsync();
        }
        else if (operation.Is("INFO"))
        {
            Info = JsonSerializer.Deserialize(operation.Line.AsSpan(5), NatsJson.Default.NatsInfo)!;
        }
        else if (operation.Is("-ERR"))
        {
            var error = operation.Line[4..].Trim().Trim('\'');
            // -ERR 'Permissions Violation for Publish to "subject"': the one error after which the connection goes on.
            if (error.StartsWith("Permissions Violation for Publish to ", StringComparison.OrdinalIgnoreCase))
            {
                OnNotPermitted(error[(error.IndexOf('"', StringComparison.Ordinal) + 1)..].TrimEnd('"'), error);
            }
            else
            {
                throw new IOException($"the NATS server says {error}");
            }
        }
    }

    private async Task AnswerPingAsync()
    {
        try
        {
            using var patience = new CancellationTokenSource(_patience);
            await _writing.WaitAsync(patience.Token);
            try
            {
                Append("PONG\r\n");
                await _writer.FlushAsync(patience.Token);
            }
            finally
            {
                _writing.Release();
            }
        }
#pragma warning disable CA1031 // A connection on which no PONG goes out is one that the server ends.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _lost.TrySetException(e);
            _ = _lost.Task.Exception;
        }
    }

    // Byte by byte: what follows the line may be TLS, and must stay unread.
    private static async Task<string> ReadFirstLineAsync(Stream stream, CancellationToken cancellationToken)
    {
        const int MaxLength = 256 << 10;
        var line = new List<byte>();
        var one = new byte[1];
        while (line.Count < MaxLength && await stream.ReadAsync(one, cancellationToken) == 1)
        {
            if (one[0] == '\n')
            {
                return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            }

            line.Add(one[0]);
        }

        throw new InvalidDataException("the server does not speak NATS");
    }
}
