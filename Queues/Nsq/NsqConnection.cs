using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;

namespace Frontier.Queues;

/// <summary>
/// A connection to an nsqd: protocol V2 as far as a producer needs it (IDENTIFY, AUTH, PUB, MPUB, NOP). Written here because no client package of the
/// registry that the project builds against can be used. nsqd answers commands in their order.
/// </summary>
internal sealed class NsqConnection : IQueueConnection
{
    private const int FrameResponse = 0;
    private const int FrameError = 1;
    // A producer gets nothing but short answers.
    private const int MaxFrame = 1 << 20;

    private readonly Lock _gate = new();
    private readonly Queue<Outgoing[]> _unconfirmed = [];
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly TimeSpan _patience;
    private Stream _stream;
    private PipeReader _reader;
    private PipeWriter _writer;
    private Task _reading = Task.CompletedTask;
    private int _maxMessageBytes = 1 << 20; // nsqd's default for --max-msg-size.

    private NsqConnection(Stream stream, TimeSpan patience)
    {
        _patience = patience;
        (_stream, _reader, _writer) = Open(stream);
    }

    /// <inheritdoc/>
    public Task Lost => _lost.Task;

    /// <summary>Connects, identifies and logs in.</summary>
    public static async Task<NsqConnection> ConnectAsync(QueueAddress address, NsqOptions options, string name, TimeSpan patience, CancellationToken cancellationToken)
    {
        var connection = new NsqConnection(await TlsClient.DialAsync(address.Host, address.Port, cancellationToken), patience);
        try
        {
            await connection.IdentifyAsync(address.Host, options, name, cancellationToken);
            connection._reading = connection.ReadAsync();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(IReadOnlyList<Outgoing> messages, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            for (var at = 0; at < messages.Count;)
            {
                // Those of one topic that stand one behind the other go in one command.
                var topic = messages[at].Message.Topic;
                var run = new List<Outgoing>();
                var bytes = 0L;
                for (; at < messages.Count && messages[at].Message.Topic == topic && (run.Count == 0 || bytes + messages[at].Message.Payload.Length < _maxMessageBytes); at++)
                {
                    if (Problem(messages[at].Message) is { } problem)
                    {
                        messages[at].Fail(problem);
                        continue;
                    }

                    run.Add(messages[at]);
                    bytes += messages[at].Message.Payload.Length + sizeof(int);
                }

                if (run.Count > 0)
                {
                    Publish(topic, [.. run]);
                }
            }

            await _writer.FlushAsync(cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc/>
    public void Check()
    {
        lock (_gate)
        {
            if (_unconfirmed.TryPeek(out var oldest) && oldest[0].Age > _patience)
            {
                throw new TimeoutException("nsqd does not answer");
            }
        }
    }

    /// <inheritdoc/>
    public void FailAll(FrontierException error)
    {
        while (true)
        {
            Outgoing[]? run;
            lock (_gate)
            {
                if (!_unconfirmed.TryDequeue(out run))
                {
                    return;
                }
            }

            foreach (var outgoing in run)
            {
                outgoing.Fail(error);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await _reading; // Ends with the stream, and never fails.
        _writing.Dispose();
    }

    /// <summary>Whether a topic's name is one that nsqd takes: at most 64 of <c>.a-zA-Z0-9_-</c>, and perhaps <c>#ephemeral</c>.</summary>
    public static bool IsLegalTopic(string topic)
    {
        const string Ephemeral = "#ephemeral";
        var name = topic.EndsWith(Ephemeral, StringComparison.Ordinal) ? topic.AsSpan(0, topic.Length - Ephemeral.Length) : topic;
        if (name.IsEmpty || topic.Length > 64)
        {
            return false;
        }

        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    private static (Stream Stream, PipeReader Reader, PipeWriter Writer) Open(Stream stream) => (
        stream,
        PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true)),
        PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true, minimumBufferSize: 16 << 10)));

    private FrontierException? Problem(QueueMessage message) =>
        !IsLegalTopic(message.Topic) ? new FrontierException(FrontierErrorCode.Refused, "the topic cannot be an NSQ topic")
        : message.Payload.Length > _maxMessageBytes ? new FrontierException(FrontierErrorCode.TooLarge)
        : message.Payload.IsEmpty ? new FrontierException(FrontierErrorCode.Refused, "NSQ takes no empty message")
        : null;

    // PUB <topic>\n[4: size][body]      MPUB <topic>\n[4: size of the rest][4: count]([4: size][body])*
    private void Publish(string topic, Outgoing[] run)
    {
        lock (_gate)
        {
            _unconfirmed.Enqueue(run);
        }

        if (run.Length == 1)
        {
            AppendText($"PUB {topic}\n");
            AppendSized(run[0].Message.Payload.Span);
            return;
        }

        AppendText($"MPUB {topic}\n");
        AppendNumber(sizeof(int) + run.Sum(outgoing => sizeof(int) + outgoing.Message.Payload.Length));
        AppendNumber(run.Length);
        foreach (var outgoing in run)
        {
            AppendSized(outgoing.Message.Payload.Span);
        }
    }

    private async Task IdentifyAsync(string host, NsqOptions options, string name, CancellationToken cancellationToken)
    {
        AppendText("  V2");
        var identify = new Dictionary<string, object>
        {
            ["client_id"] = name,
            ["hostname"] = Environment.MachineName,
            ["user_agent"] = "frontier",
            ["feature_negotiation"] = true,
            ["tls_v1"] = options.Tls.Enable,
        };
        AppendText("IDENTIFY\n");
        AppendSized(JsonSerializer.SerializeToUtf8Bytes(identify));
        await _writer.FlushAsync(cancellationToken);
        var answer = await ReadOneAsync(cancellationToken);
        var isTls = false;
        if (answer is [(byte)'{', ..])
        {
            using var json = JsonDocument.Parse(answer);
            isTls = json.RootElement.TryGetProperty("tls_v1", out var tls) && tls.ValueKind == JsonValueKind.True;
            if (json.RootElement.TryGetProperty("max_msg_size", out var size) && size.TryGetInt32(out var max) && max > 0)
            {
                _maxMessageBytes = max;
            }
        }

        if (options.Tls.Enable)
        {
            if (!isTls)
            {
                throw new IOException("nsqd has no TLS");
            }

            (_stream, _reader, _writer) = Open(await TlsClient.SecureAsync(_stream, TlsClient.Options(host, options.Tls), cancellationToken));
            await ReadOneAsync(cancellationToken); // OK
        }

        if (options.AuthSecret.Length > 0)
        {
            AppendText("AUTH\n");
            AppendSized(Encoding.UTF8.GetBytes(options.AuthSecret));
            await _writer.FlushAsync(cancellationToken);
            await ReadOneAsync(cancellationToken);
        }
    }

    private async Task<byte[]> ReadOneAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await _reader.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            if (TryReadFrame(ref buffer, out var type, out var data))
            {
                _reader.AdvanceTo(buffer.Start);
                return type == FrameError ? throw new IOException($"nsqd says {Encoding.UTF8.GetString(data)}") : data;
            }

            _reader.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                throw new EndOfStreamException("nsqd closed the connection during the login");
            }
        }
    }

    // [4: size of the rest][4: type][data]
    private static bool TryReadFrame(ref ReadOnlySequence<byte> buffer, out int type, out byte[] data)
    {
        (type, data) = (0, []);
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryReadBigEndian(out int size))
        {
            return false;
        }

        if (size is < sizeof(int) or > MaxFrame)
        {
            throw new InvalidDataException("the server does not speak NSQ");
        }

        if (reader.Remaining < size)
        {
            return false;
        }

        reader.TryReadBigEndian(out type);
        data = new byte[size - sizeof(int)];
        reader.TryCopyTo(data);
        reader.Advance(data.Length);
        buffer = buffer.Slice(reader.Position);
        return true;
    }

    private async Task ReadAsync()
    {
        await Task.Yield();
        try
        {
            while (true)
            {
                var result = await _reader.ReadAsync();
                var buffer = result.Buffer;
                while (TryReadFrame(ref buffer, out var type, out var data))
                {
                    await TakeAsync(type, data);
                }

                _reader.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted)
                {
                    throw new EndOfStreamException("nsqd closed the connection");
                }
            }
        }
#pragma warning disable CA1031 // Whatever ends the reading ends the connection, which says why.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _lost.TrySetException(e);
            _ = _lost.Task.Exception;
        }
    }

    private async ValueTask TakeAsync(int type, byte[] data)
    {
        if (type == FrameResponse && data.AsSpan().SequenceEqual("_heartbeat_"u8))
        {
            await AnswerHeartbeatAsync();
            return;
        }

        Outgoing[]? run;
        lock (_gate)
        {
            if (!_unconfirmed.TryDequeue(out run))
            {
                throw new InvalidDataException($"nsqd answered what it was not asked: {Encoding.UTF8.GetString(data)}");
            }
        }

        if (type == FrameError)
        {
            var error = Encoding.UTF8.GetString(data);
            foreach (var outgoing in run)
            {
                outgoing.Fail(new FrontierException(FrontierErrorCode.Refused, error));
            }

            return;
        }

        foreach (var outgoing in run)
        {
            outgoing.Confirm();
        }
    }

    private async Task AnswerHeartbeatAsync()
    {
        using var patience = new CancellationTokenSource(_patience);
        await _writing.WaitAsync(patience.Token);
        try
        {
            AppendText("NOP\n");
            await _writer.FlushAsync(patience.Token);
        }
        finally
        {
            _writing.Release();
        }
    }

    private void AppendText(string text)
    {
        var span = _writer.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        _writer.Advance(Encoding.UTF8.GetBytes(text, span));
    }

    private void AppendNumber(int number)
    {
        BinaryPrimitives.WriteInt32BigEndian(_writer.GetSpan(sizeof(int)), number);
        _writer.Advance(sizeof(int));
    }

    private void AppendSized(ReadOnlySpan<byte> body)
    {
        AppendNumber(body.Length);
        _writer.Write(body);
    }
}
