using System.Buffers;
using System.IO.Pipelines;
using Frontier.GrainInterfaces;

namespace Frontier.Gateway;

/// <summary>
/// The bytes of a trunk: they leave in pieces as calls to the other gateway's port, and arrive as its calls to this one's. What piles up while a call
/// is under way leaves with the next one, so the busier a trunk is the more frames share a call.
/// </summary>
internal sealed class TrunkTransport : IDuplexPipe, IDisposable
{
    // Enough that one piece is on its way while the next is gathered.
    private const int PiecesUnderWay = 2;

    // Large enough that a call's cost is small beside that of its bytes, and below what goes to the large object heap.
    private const int MaxPieceBytes = 64 * 1024;

    private const int PipeBytes = 1024 * 1024;

    // The trunk's own read and write loops run where their bytes arrive and are made; the loop that sends has a turn of its own.
    private static readonly PipeOptions PipeOptions = new(
        readerScheduler: PipeScheduler.ThreadPool,
        writerScheduler: PipeScheduler.ThreadPool,
        pauseWriterThreshold: PipeBytes,
        resumeWriterThreshold: PipeBytes / 2,
        useSynchronizationContext: false);

    private readonly Pipe _inbound = new(PipeOptions);
    private readonly Pipe _outbound = new(PipeOptions);
    private readonly SemaphoreSlim _window = new(PiecesUnderWay);
    private readonly SemaphoreSlim _receiving = new(1);
    private readonly CancellationTokenSource _over = new();
    private readonly Dictionary<long, TaskCompletionSource> _early = [];
    private readonly SiloAddress _self;
    private readonly IGatewayPort _port;
    private readonly int _features;
    private int _peerFeatures;
    private long _nextToSend;
    private long _nextToReceive;

    /// <summary>Makes one end of a trunk.</summary>
    /// <param name="id">The trunk.</param>
    /// <param name="isOpener">Whether this gateway opened it.</param>
    /// <param name="self">The silo in this process.</param>
    /// <param name="peer">The silo in the other gateway's process.</param>
    /// <param name="port">The other gateway.</param>
    /// <param name="features">What this end can read; said with every piece.</param>
    public TrunkTransport(long id, bool isOpener, SiloAddress self, SiloAddress peer, IGatewayPort port, int features)
    {
        Id = id;
        IsOpener = isOpener;
        Peer = peer;
        _self = self;
        _port = port;
        _features = features;
    }

    /// <summary>Raised when a piece could not be delivered, or the other gateway is known to be gone.</summary>
    public event Action? Failed;

    /// <summary>Raised when the other gateway has said what it can read: before its frames are read, which may have to be answered.</summary>
    public event Action<int>? FeaturesSaid;

    /// <summary>The trunk.</summary>
    public long Id { get; }

    /// <summary>Whether this gateway opened it.</summary>
    public bool IsOpener { get; }

    /// <summary>What ended the sending; null when the other gateway did, or this end.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>The silo in the other gateway's process.</summary>
    public SiloAddress Peer { get; }

    /// <inheritdoc/>
    public PipeReader Input => _inbound.Reader;

    /// <inheritdoc/>
    public PipeWriter Output => _outbound.Writer;

    /// <summary>Sends until the trunk's end of it is completed, or the other gateway does not take what is sent.</summary>
    public async Task SendAsync()
    {
        var reader = _outbound.Reader;
        try
        {
            while (true)
            {
                await _window.WaitAsync(_over.Token);
                var result = await reader.ReadAsync(_over.Token);
                var buffer = result.Buffer.Length > MaxPieceBytes ? result.Buffer.Slice(0, MaxPieceBytes) : result.Buffer;
                if (buffer.IsEmpty)
                {
                    break; // Completed.
                }

                // Orleans encodes a call when its connection gets to it, so the bytes must stay until it has been answered.
                var length = (int)buffer.Length;
                var piece = ArrayPool<byte>.Shared.Rent(length);
                buffer.CopyTo(piece);
                reader.AdvanceTo(buffer.End);
                _ = SendAsync(piece, length, _nextToSend++);
            }
        }
        catch (OperationCanceledException)
        {
            // Aborted.
        }
#pragma warning disable CA1031 // Whatever it is, a trunk whose bytes do not leave any more must end: what is in flight on it would wait in vain.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Failure = error;
            Fail();
        }

        await reader.CompleteAsync();
        await SendAsync([], 0, _nextToSend); // The end.
    }

    /// <summary>What the other gateway says with a piece that arrived; to be called before the piece is taken.</summary>
    public void NoteFeatures(int features)
    {
        if (features != 0 && Interlocked.Exchange(ref _peerFeatures, features) != features)
        {
            FeaturesSaid?.Invoke(features);
        }
    }

    /// <summary>Takes a piece that arrived; completes when there is room for the next one.</summary>
    /// <returns>False when the trunk is over, or the piece cannot be one of it.</returns>
    public async ValueTask<bool> ReceiveAsync(long sequence, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await InTurnAsync(sequence);
            await _receiving.WaitAsync(_over.Token);
            try
            {
                if (bytes.IsEmpty)
                {
                    await _inbound.Writer.CompleteAsync();
                    return true;
                }

                var result = await _inbound.Writer.WriteAsync(bytes, _over.Token);
                return !result.IsCompleted;
            }
            finally
            {
                _receiving.Release();
                Next();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The other gateway does not take what is sent.</summary>
    public void Fail() => Failed?.Invoke();

    /// <summary>Nothing is sent or taken any more; the trunk reads its end.</summary>
    public void Abort()
    {
        if (!_over.IsCancellationRequested)
        {
            _over.Cancel();
            _inbound.Writer.CancelPendingFlush();
            _inbound.Reader.CancelPendingRead();
            _outbound.Writer.CancelPendingFlush();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _window.Dispose();
        _receiving.Dispose();
        _over.Dispose();
    }

    // Calls under way may overtake each other; at most PiecesUnderWay are.
    private Task InTurnAsync(long sequence)
    {
        lock (_early)
        {
            if (sequence == _nextToReceive)
            {
                return Task.CompletedTask;
            }

            if (sequence < _nextToReceive || sequence >= _nextToReceive + PiecesUnderWay || _early.ContainsKey(sequence))
            {
                throw new InvalidOperationException($"Piece {sequence} of a trunk that is at {_nextToReceive}.");
            }

            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _early.Add(sequence, turn);
            return turn.Task.WaitAsync(_over.Token);
        }
    }

    private void Next()
    {
        lock (_early)
        {
            if (_early.Remove(++_nextToReceive, out var turn))
            {
                turn.SetResult();
            }
        }
    }

    private async Task SendAsync(byte[] piece, int length, long sequence)
    {
        var taken = false;
        try
        {
            taken = await _port.DeliverAsync(new TrunkSegment(_self, Id, IsOpener, sequence, piece.AsMemory(0, length)) { Features = _features });
            if (length > 0)
            {
                ArrayPool<byte>.Shared.Return(piece);
            }
        }
#pragma warning disable CA1031 // Whatever it is, the trunk is over; the piece's array may still be in use and is left to the collector.
        catch (Exception)
#pragma warning restore CA1031
        {
            // Said below.
        }

        if (taken)
        {
            _window.Release();
        }
        else
        {
            Fail();
        }
    }
}
