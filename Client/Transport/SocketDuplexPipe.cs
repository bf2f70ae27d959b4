using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Frontier.Client;

/// <summary>
/// A connected socket as a duplex pipe: one loop receives, one sends. Reads wait without a buffer, so an idle connection rents none. The send loop
/// runs on the thread that flushes, so that a frame reaches the socket without a change of threads.
/// </summary>
internal sealed class SocketDuplexPipe : IDuplexPipe, IAsyncDisposable
{
    // What is received or sent in one call. Arrays of this size come from the shared pool's per-thread caches.
    private const int SegmentBytes = 16 * 1024;

    // How much is read ahead of the connection, and how much a flush may leave unsent before the next has to wait: one flush of the connection's pump.
    private const int PauseBytes = 64 * 1024;

    private readonly Socket? _socket;
    private readonly Stream _raw;
    private readonly Stream _stream;
    private readonly Pipe _received = new(Options());
    private readonly Pipe _toSend = new(Options());
    private readonly Task _receiving;
    private readonly Task _sending;

    /// <summary>Starts both loops.</summary>
    /// <param name="socket">The connected socket; null for a transport that the application brings.</param>
    /// <param name="stream">The bytes over it: <paramref name="raw"/>, or an <see cref="SslStream"/> on it.</param>
    /// <param name="raw">What the bytes go through in the end; disposing it ends the connection. Null for <paramref name="stream"/>.</param>
    /// <param name="endPoint">The other end's address.</param>
    public SocketDuplexPipe(Socket? socket, Stream stream, Stream? raw = null, EndPoint? endPoint = null)
    {
        _socket = socket;
        _stream = stream;
        _raw = raw ?? stream;
        EndPoint = endPoint ?? socket?.RemoteEndPoint;
        _receiving = DetachedLoop.Run(ReceiveAsync);
        _sending = DetachedLoop.Run(SendAsync);
    }

    /// <summary>The other end's address.</summary>
    public EndPoint? EndPoint { get; }

    public PipeReader Input => _received.Reader;

    public PipeWriter Output => _toSend.Writer;

    /// <summary>Closes the socket now; both loops end.</summary>
    public void Abort()
    {
        if (_socket is not null)
        {
            _socket.Dispose();
        }
        else
        {
            _raw.Dispose();
        }
    }

    /// <summary>Sends what is left, as far as the peer takes it in time, and closes the socket.</summary>
    public async Task CloseAsync(TimeSpan patience)
    {
        try
        {
            await _sending.WaitAsync(patience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The peer does not read; closing the socket ends the send.
        }

        await DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        Abort();
        await _sending.ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    private static PipeOptions Options() => new(
        readerScheduler: PipeScheduler.Inline,
        writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: PauseBytes,
        resumeWriterThreshold: PauseBytes / 2,
        minimumSegmentSize: SegmentBytes,
        useSynchronizationContext: false);

    private async Task ReceiveAsync()
    {
        var writer = _received.Writer;
        Exception? failure = null;
        try
        {
            while (true)
            {
#pragma warning disable CA2022 // Reads nothing on purpose: returns when there is something to read.
                await _stream.ReadAsync(Memory<byte>.Empty).ConfigureAwait(false);
#pragma warning restore CA2022
                var read = await _stream.ReadAsync(writer.GetMemory()).ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }

                writer.Advance(read);
                if ((await writer.FlushAsync().ConfigureAwait(false)).IsCompleted)
                {
                    break;
                }
            }
        }
#pragma warning disable CA1031 // Whatever the socket or TLS throws, its end has to reach the connection.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = new IOException("The socket is gone.", e);
        }

        await writer.CompleteAsync(failure).ConfigureAwait(false);
    }

    private async Task SendAsync()
    {
        var reader = _toSend.Reader;
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync().ConfigureAwait(false);
                foreach (var segment in result.Buffer)
                {
                    await _stream.WriteAsync(segment).ConfigureAwait(false);
                }

                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    break;
                }
            }

            if (_stream is SslStream tls)
            {
                await tls.ShutdownAsync().ConfigureAwait(false);
            }

            _socket?.Shutdown(SocketShutdown.Send);
        }
#pragma warning disable CA1031 // As above.
        catch (Exception)
#pragma warning restore CA1031
        {
            Abort(); // What cannot be written to need not be read from.
        }

        await reader.CompleteAsync().ConfigureAwait(false);
    }
}
