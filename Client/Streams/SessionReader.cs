using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Frontier.Protocol;

namespace Frontier.Client;

/// <summary>
/// The received bytes of a stream. What the application takes, or does not want any more, the other end may send again: so a stream that is not read holds
/// up its sender and nothing else. When nobody reads any more, the sender is told. What was received of an aborted stream can be read before reading fails.
/// </summary>
/// <param name="received">The bytes.</param>
/// <param name="connection">The connection they come on.</param>
internal sealed class SessionReader(PipeReader received, GeminioConnection connection) : PipeReader
{
    private StreamSession? _session;
    private ReadOnlySequence<byte> _buffer;
    private long _held;
    private volatile bool _completed;
    private StreamAbortReason? _failure;
    private bool _offersRest;
    private bool _sawRest;

    /// <summary>Sets the session, before the first byte.</summary>
    public void Attach(StreamSession session) => _session = session;

    /// <summary>Bytes were received; on the read loop.</summary>
    public void Add(long bytes)
    {
        Interlocked.Add(ref _held, bytes);
        if (_completed)
        {
            GrantAll(); // Nobody reads them.
        }
    }

    /// <summary>What was received is not all, and nothing more will come. To be called before the pipe is completed.</summary>
    public void Fail(StreamAbortReason reason) => _failure = reason;

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        var taken = _buffer.Slice(0, consumed).Length;
        _sawRest = _offersRest && _buffer.Slice(examined).IsEmpty;
        _buffer = default;
        received.AdvanceTo(consumed, examined);
        if (taken > 0)
        {
            Interlocked.Add(ref _held, -taken);
            connection.GrantStream(_session!, taken);
        }
    }

    public override void CancelPendingRead() => received.CancelPendingRead();

    public override void Complete(Exception? exception = null)
    {
        received.Complete(exception);
        _completed = true;
        connection.StopStream(_session!);
        GrantAll();
    }

    public override bool TryRead(out ReadResult result)
    {
        var hasRead = received.TryRead(out result);
        result = hasRead ? Note(result) : result;
        return hasRead;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var read = received.ReadAsync(cancellationToken);
        return read.IsCompletedSuccessfully ? ValueTask.FromResult(Note(read.Result)) : NoteAsync(read);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> NoteAsync(ValueTask<ReadResult> read) => Note(await read.ConfigureAwait(false));

    // A pipe that is completed with an exception throws at once, whatever it holds: so it is completed without, and this throws when the rest has been seen.
    private ReadResult Note(in ReadResult result)
    {
        _buffer = result.Buffer;
        if (!result.IsCompleted || _failure is not { } reason)
        {
            return result;
        }

        if (!result.IsCanceled && (_sawRest || _buffer.IsEmpty))
        {
            received.AdvanceTo(_buffer.Start); // No read is pending, so that the reader can be completed, or ask again.
            _buffer = default;
            throw new StreamAbortedException(reason);
        }

        _offersRest = true;
        return new ReadResult(_buffer, result.IsCanceled, isCompleted: false);
    }

    // The bytes that were taken have been taken off already: what is left are those that nobody will take.
    private void GrantAll()
    {
        if (Interlocked.Exchange(ref _held, 0) is > 0 and var left)
        {
            connection.GrantStream(_session!, left);
        }
    }
}
