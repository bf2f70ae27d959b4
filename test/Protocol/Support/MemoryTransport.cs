using System.IO.Pipelines;

namespace Frontier.Protocol.Tests.Support;

/// <summary>One end of a pair of pipes that behaves like a socket: full pipes make writers wait, aborting lets go of both ends.</summary>
internal sealed class MemoryTransport : IDuplexPipe
{
    private readonly AbortableWriter _output;

    private MemoryTransport(PipeReader input, PipeWriter output)
    {
        Input = input;
        _output = new AbortableWriter(output);
    }

    public PipeReader Input { get; }

    public PipeWriter Output => _output;

    public bool IsAborted => _output.IsAborted;

    /// <summary>Two ends; so many bytes may wait in each direction before the writer has to.</summary>
    public static (MemoryTransport Near, MemoryTransport Far) CreatePair(int bufferBytes = 64 * 1024, int segmentBytes = 4096, bool inline = false)
    {
        var scheduler = inline ? PipeScheduler.Inline : PipeScheduler.ThreadPool;
        var options = new PipeOptions(
            readerScheduler: scheduler, writerScheduler: scheduler, pauseWriterThreshold: bufferBytes, resumeWriterThreshold: bufferBytes / 2,
            minimumSegmentSize: segmentBytes, useSynchronizationContext: false);
        Pipe there = new(options), back = new(options);
        return (new MemoryTransport(back.Reader, there.Writer), new MemoryTransport(there.Reader, back.Writer));
    }

    /// <summary>Nothing more is written; a writer that waits is told that it is over.</summary>
    public void Abort() => _output.Abort();

    /// <summary>From now on flushing throws.</summary>
    public void FailWrites(Exception error) => _output.FailWrites(error);

    private sealed class AbortableWriter(PipeWriter inner) : PipeWriter
    {
        private volatile bool _aborted;
        private volatile Exception? _failure;

        public bool IsAborted => _aborted;

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public void FailWrites(Exception error) => _failure = error;

        public void Abort()
        {
            _aborted = true;
            inner.CancelPendingFlush();
        }

        public override void Advance(int bytes) => inner.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            if (_failure is { } failure)
            {
                throw failure;
            }

            var flush = inner.FlushAsync(cancellationToken);
            return flush.IsCompletedSuccessfully && !_aborted ? flush : Await(flush);
        }

        private async ValueTask<FlushResult> Await(ValueTask<FlushResult> flush)
        {
            var result = await flush;
            return _aborted ? new FlushResult(isCanceled: false, isCompleted: true) : result;
        }
    }
}
