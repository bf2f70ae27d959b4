using System.Buffers;
using System.IO.Pipelines;
using Frontier.Protocol;

namespace Frontier.Client;

/// <summary>
/// A stream between an edge and a service. Its bytes can be read and written as a <see cref="Stream"/> or through pipes (<see cref="Input"/>,
/// <see cref="Output"/>; use one way or the other for each direction); beside the bytes it carries calls and messages of its own.
/// Each side ends its half when it has written everything, and the other side then reads to the end.
/// </summary>
/// <remarks>
/// Received bytes wait until they are read. When 256 KiB wait, the other end waits with its writing, on this stream only; towards a gateway without that
/// the whole connection stops reading when <see cref="FrontierClientOptions.StreamBufferBytes"/> wait, so a stream must be read or disposed.
/// A stream that does not come to its end fails reads and writes with a <see cref="StreamAbortedException"/>: both when a connection on its way is lost, reads when
/// the other end aborts its half, writes when the other end has stopped reading.
/// </remarks>
public sealed class FrontierStream : Stream, IDuplexPipe
{
    private readonly Pipe _received;
    private readonly SessionReader _input;
    private readonly Lock _receiveGate = new();
    private readonly Stream _reader;
    private readonly SessionWriter _writer;
    private PipeWriter? _output;
    private bool _disposed;

    internal FrontierStream(ClientConnection connection, ulong id, string peer, ulong peerId, ReadOnlyMemory<byte> meta)
    {
        Id = id;
        Peer = peer;
        PeerId = peerId;
        Meta = meta;
        Channel = new SessionChannel(connection, id, this);
        var bufferBytes = (connection.PeerFeatures & PeerFeatures.StreamCredit) != 0 ? 0 : connection.ClientOptions.StreamBufferBytes; // 0: credit is the limit.
        _received = new Pipe(new PipeOptions(pauseWriterThreshold: bufferBytes, resumeWriterThreshold: (bufferBytes + 1) / 2, useSynchronizationContext: false));
        _input = new SessionReader(_received.Reader, connection);
        _reader = Input.AsStream(leaveOpen: true);
        _writer = new SessionWriter(connection);
    }

    /// <summary>The session's number on this connection.</summary>
    public ulong Id { get; }

    /// <summary>The other end: at a service the edge's id in decimal, at an edge the service's name. Empty when a gateway of the original does not say.</summary>
    public string Peer { get; }

    /// <summary>The other end's id: at a service the edge's; at an edge the service instance's, if the gateway said it. 0 when not known.</summary>
    public ulong PeerId { get; }

    /// <summary>What the opener said about the stream; opaque.</summary>
    public ReadOnlyMemory<byte> Meta { get; }

    /// <summary>The received bytes. Completing it tells the other end that nobody reads any more.</summary>
    public PipeReader Input => _input;

    /// <summary>
    /// The bytes to send; they leave on flush. Completing it ends this side's half, like <see cref="CompleteWritesAsync"/>; completing it with an exception aborts the
    /// half. When the other end has stopped reading, a flush says <see cref="FlushResult.IsCompleted"/>.
    /// </summary>
    public PipeWriter Output => _output ?? Interlocked.CompareExchange(ref _output, new SessionPipeWriter(_writer), null) ?? _output;

    /// <inheritdoc/>
    public override bool CanRead => !_disposed;

    /// <inheritdoc/>
    public override bool CanWrite => _writer.CanWrite;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    internal SessionChannel Channel { get; }

    private Stream Reader
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _reader;
        }
    }

    private SessionWriter Writer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _writer;
        }
    }

    /// <summary>Calls a method that the other end registered on this stream. Completes with its answer.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="payload">The argument; must not change until the call is done.</param>
    /// <param name="options">What else to say about the call.</param>
    /// <param name="cancellationToken">Gives up; the handler is told if the other end can be.</param>
    /// <exception cref="FrontierException">The call failed, timed out, or the stream ended.</exception>
    public ValueTask<CallResponse> CallAsync(
        string method, ReadOnlyMemory<byte> payload, CallOptions? options = null, CancellationToken cancellationToken = default)
    {
        _writer.ThrowIfEnded();
        return Channel.CallAsync(method, payload, options, null, cancellationToken);
    }

    /// <summary>Sends a message on this stream; completes when the other end acknowledged it.</summary>
    /// <param name="topic">The topic; may be empty.</param>
    /// <param name="payload">The content; must not change until it is acknowledged.</param>
    /// <param name="options">What else to say about the message.</param>
    /// <param name="cancellationToken">Gives up waiting; the message may have arrived.</param>
    /// <exception cref="FrontierException">The message was not taken, not acknowledged in time, or the stream ended.</exception>
    public ValueTask PublishAsync(
        string topic, ReadOnlyMemory<byte> payload, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        _writer.ThrowIfEnded();
        return Channel.PublishAsync(topic, payload, options, null, cancellationToken);
    }

    /// <summary>Serves a method on this stream; completes when the other end knows.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="handler">What serves it; see <see cref="FrontierClient.RegisterAsync"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidOperationException">The method is registered already.</exception>
    /// <exception cref="FrontierException">The other end refused, or the stream ended.</exception>
    public Task RegisterAsync(
        string method, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>> handler, CancellationToken cancellationToken = default) =>
        Channel.RegisterAsync(method, handler, cancellationToken);

    /// <summary>Messages on this stream as they come, until the other end has ended its half. Each is to be acknowledged or failed.</summary>
    public IAsyncEnumerable<FrontierMessage> ReceiveAsync(CancellationToken cancellationToken = default) => Channel.ReceiveAsync(cancellationToken);

    /// <summary>Ends this side's half: the other end reads everything written before, then the end. Reading goes on.</summary>
    /// <exception cref="StreamAbortedException">The connection is lost.</exception>
    public async ValueTask CompleteWritesAsync(CancellationToken cancellationToken = default)
    {
        if (_writer.IsEnded)
        {
            return;
        }

        if (_output is not null)
        {
            await _output.FlushAsync(cancellationToken).ConfigureAwait(false);
            await _output.CompleteAsync().ConfigureAwait(false); // Ends the writer.
        }

        await _writer.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => Reader.ReadAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        Reader.ReadAsync(buffer, offset, count, cancellationToken);

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Reader.Read(buffer, offset, count);

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer) => Reader.Read(buffer);

    /// <inheritdoc/>
    public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) =>
        Reader.CopyToAsync(destination, bufferSize, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => Writer.WriteAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        Writer.WriteAsync(buffer, offset, count, cancellationToken);

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Writer.Write(buffer, offset, count);

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc cref="Dispose(bool)"/>
    public override async ValueTask DisposeAsync()
    {
        if (_output is not null && !_writer.IsEnded)
        {
            await _output.CompleteAsync(new ObjectDisposedException(nameof(FrontierStream))).ConfigureAwait(false); // Drops what was not flushed.
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    internal void Attach(StreamSession session)
    {
        _writer.Attach(session);
        _input.Attach(session);
    }

    /// <summary>Bytes came; on the read loop.</summary>
    /// <returns>When not null: no more may come until it is done.</returns>
    internal Task? Receive(in ReadOnlySequence<byte> data)
    {
        _input.Add(data.Length); // Before anybody can take them.
        ValueTask<FlushResult> flush;
        lock (_receiveGate) // The end may come from the timer's thread.
        {
            foreach (var segment in data)
            {
                _received.Writer.Write(segment.Span);
            }

            flush = _received.Writer.FlushAsync();
        }

        if (flush.IsCompletedSuccessfully)
        {
            _ = flush.Result;
            return null;
        }

        return flush.AsTask();
    }

    /// <summary>Nothing more will come.</summary>
    /// <param name="session">How it ended.</param>
    internal void Finish(StreamSession session)
    {
        if (session.IsCut)
        {
            _writer.Cut();
        }

        lock (_receiveGate)
        {
            if (!session.EndedInOrder)
            {
                _input.Fail(session.IsCut ? StreamAbortReason.ConnectionLost : StreamAbortReason.WriterAborted);
            }

            _received.Writer.Complete();
        }

        Channel.Close();
    }

    /// <summary>Ends both directions of a stream that was never open, without a word beyond what the plain protocol has.</summary>
    internal void CloseUnopened()
    {
        _disposed = true;
        _writer.Dispose();
        Input.Complete();
    }

    /// <summary>
    /// Ends both directions. Without <see cref="CompleteWritesAsync"/> before, this side's half is aborted: the other end reads what was written and then fails with a
    /// <see cref="StreamAbortedException"/>, for after an exception here it could not tell a part from the whole. Where the other end has not ended its half, its
    /// writes fail.
    /// </summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            Channel.Abandon();
            _writer.Abort();
            Input.CancelPendingRead(); // A read that is waiting ends; it would wait for ever otherwise.
            Input.Complete();
        }

        base.Dispose(disposing);
    }
}
