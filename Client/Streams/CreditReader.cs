using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Frontier.Protocol;

namespace Frontier.Client;

/// <summary>
/// The received bytes of a stream with credit: what the application takes, or does not want any more, the other end may send again. So a stream that is
/// not read holds up its sender and nothing else.
/// </summary>
/// <param name="received">The bytes.</param>
/// <param name="connection">The connection they come on.</param>
internal sealed class CreditReader(PipeReader received, GeminioConnection connection) : PipeReader
{
    private StreamSession? _session;
    private ReadOnlySequence<byte> _buffer;
    private long _held;
    private volatile bool _completed;

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

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        var taken = _buffer.Slice(0, consumed).Length;
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
        GrantAll();
    }

    public override bool TryRead(out ReadResult result)
    {
        var hasRead = received.TryRead(out result);
        _buffer = hasRead ? result.Buffer : default;
        return hasRead;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var read = received.ReadAsync(cancellationToken);
        if (!read.IsCompletedSuccessfully)
        {
            return NoteAsync(read);
        }

        var result = read.Result;
        _buffer = result.Buffer;
        return ValueTask.FromResult(result);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> NoteAsync(ValueTask<ReadResult> read)
    {
        var result = await read.ConfigureAwait(false);
        _buffer = result.Buffer;
        return result;
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
