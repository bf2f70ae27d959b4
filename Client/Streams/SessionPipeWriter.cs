using System.IO.Pipelines;

namespace Frontier.Client;

/// <summary>The writing half of a stream as a pipe: what is written leaves on flush; completing it ends the half, with an exception aborts it.</summary>
/// <param name="writer">The half.</param>
internal sealed class SessionPipeWriter(SessionWriter writer) : PipeWriter
{
    private readonly PipeWriter _buffer = Create(writer.DropWhenStopped(), new StreamPipeWriterOptions(leaveOpen: true));

    public override bool CanGetUnflushedBytes => _buffer.CanGetUnflushedBytes;

    public override long UnflushedBytes => _buffer.UnflushedBytes;

    public override void Advance(int bytes) => _buffer.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => _buffer.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _buffer.GetSpan(sizeHint);

    public override void CancelPendingFlush() => _buffer.CancelPendingFlush();

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => UnlessStoppedAsync(_buffer.FlushAsync(cancellationToken));

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        UnlessStoppedAsync(_buffer.WriteAsync(source, cancellationToken));

    public override void Complete(Exception? exception = null)
    {
        _buffer.Complete(exception); // Without one it flushes.
        End(exception);
    }

    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        await _buffer.CompleteAsync(exception).ConfigureAwait(false);
        End(exception);
    }

    private void End(Exception? exception)
    {
        if (exception is null)
        {
            writer.Dispose();
        }
        else
        {
            writer.Abort();
        }
    }

    private ValueTask<FlushResult> UnlessStoppedAsync(ValueTask<FlushResult> flush)
    {
        return flush.IsCompletedSuccessfully ? ValueTask.FromResult(Result(flush.Result)) : WaitAsync(flush);

        async ValueTask<FlushResult> WaitAsync(ValueTask<FlushResult> flush) => Result(await flush.ConfigureAwait(false));
    }

    private FlushResult Result(FlushResult result) => writer.IsStopped ? new FlushResult(result.IsCanceled, isCompleted: true) : result;
}
