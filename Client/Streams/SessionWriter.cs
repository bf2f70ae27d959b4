using System.Buffers;
using Frontier.Protocol;

namespace Frontier.Client;

/// <summary>
/// The writing half of a stream: cuts bytes into frames and waits while the connection has much to send. Disposing it ends the half; what was
/// written before reaches the other end first.
/// </summary>
/// <param name="connection">The connection.</param>
internal sealed class SessionWriter(ClientConnection connection) : Stream
{
    // A frame of 64 KiB at most, header and session id included: what the connection hands to the socket in one flush.
    private const int MaxPartBytes = (64 * 1024) - Frame.HeaderLength - sizeof(ulong);

    private StreamSession? _session;
    private volatile bool _ended;
    private volatile bool _cut;
    private bool _dropsWhenStopped;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => !_ended;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Whether this side has ended its half.</summary>
    public bool IsEnded => _ended;

    /// <summary>Whether nothing more can reach the other end.</summary>
    public bool IsCut => _cut || !connection.AcceptsTraffic || _session!.IsStoppedByCut;

    /// <summary>Whether the other end reads no more.</summary>
    public bool IsStopped => _session!.IsStopped;

    /// <summary>Drops what is written when the other end reads no more, instead of failing: a pipe says so in the result of its flush.</summary>
    public SessionWriter DropWhenStopped()
    {
        _dropsWhenStopped = true;
        return this;
    }

    /// <summary>Sets the session, before the first write.</summary>
    public void Attach(StreamSession session) => _session = session;

    /// <summary>Refuses to go on after the end of this side's half.</summary>
    public void ThrowIfEnded()
    {
        if (_ended)
        {
            throw new InvalidOperationException("This side of the stream has been ended.");
        }
    }

    /// <summary>The session is gone with its connection: writes fail from now on.</summary>
    public void Cut() => _cut = true;

    /// <summary>Ends this side's half before its time: the other end's reads fail.</summary>
    public void Abort()
    {
        if (!_ended)
        {
            _ended = true;
            connection.Dismiss(_session!, StreamSession.AbortedText);
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        while (connection.CanSendStream(_session!))
        {
            ThrowIfOver();
            buffer = SendPart(buffer);
            if (buffer.IsEmpty)
            {
                return ValueTask.CompletedTask; // Not asked again whether the stream is over: its reader may have got all it wanted and left.
            }
        }

        return WriteWhenDrainedAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush()
    {
        // Every write is handed to the connection, which sends it without being asked.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_ended)
        {
            _ended = true;
            connection.Dismiss(_session!);
        }

        base.Dispose(disposing);
    }

    private async ValueTask WriteWhenDrainedAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            while (!connection.CanSendStream(_session!) && connection.AcceptsTraffic && !_cut)
            {
                await connection.WhenStreamWritableAsync(_session!).WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            ThrowIfOver();
            buffer = SendPart(buffer);
            if (buffer.IsEmpty)
            {
                return;
            }
        }
    }

    private ReadOnlyMemory<byte> SendPart(ReadOnlyMemory<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return buffer;
        }

        var part = buffer[..Math.Min(buffer.Length, MaxPartBytes)];
        connection.SendStream(_session!, new ReadOnlySequence<byte>(part));
        return buffer[part.Length..];
    }

    private void ThrowIfOver()
    {
        ThrowIfEnded();
        if (IsCut)
        {
            throw new StreamAbortedException(StreamAbortReason.ConnectionLost);
        }

        if (IsStopped && !_dropsWhenStopped)
        {
            throw new StreamAbortedException(StreamAbortReason.ReaderLeft);
        }
    }
}
