using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Frontier.Protocol;

public abstract partial class GeminioConnection
{
    // So much is handed to the transport before it is flushed: what a socket takes in one call, and a bound on the copy held by the transport.
    private const int MaxFlushBytes = 64 * 1024;

    // After so many flushes in a row the pump gives its thread back to the pool, so that a busy peer cannot keep another peer's reader.
    private const int FlushesPerTurn = 32;

    private readonly Action _onFlushed;
    private OutboundQueue _outbound;
    private QueueShare _outboundShare;
    private OutboundQueue _draining;
    private OutboundQueue _urgent;
    private int _drainIndex;
    private int _drainOffset;
    private ConfiguredValueTaskAwaitable<FlushResult>.ConfiguredValueTaskAwaiter _flush;
    private List<TaskCompletionSource>? _drainWaiters;
    private TaskCompletionSource? _emptied;
    private long _outboundBytes;
    private long _flushingSince;
    private uint _packetCounter;
    private int _dirty;
    private int _pumping;
    private bool _held;
    private volatile bool _writeClosed;
    private bool _transportClosed;

    /// <summary>Bytes that wait to be written to this peer.</summary>
    public long OutboundBytes => Volatile.Read(ref _outboundBytes);

    /// <summary>Whether so much waits that stream bytes for this peer should wait at their source. Never once the peer is gone.</summary>
    public bool IsCongested => !_writeClosed && OutboundBytes > Options.MaxOutboundBytes / 4;

    /// <summary>Completes when little waits to be written to this peer, or it is gone.</summary>
    public Task WhenDrainedAsync()
    {
        lock (_gate)
        {
            if (!IsCongested)
            {
                return Task.CompletedTask;
            }

            var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            (_drainWaiters ??= []).Add(waiter);
            return waiter.Task;
        }
    }

    /// <summary>Sends raw bytes on a session. The caller has looked at <see cref="CanSendStream"/> first.</summary>
    public void SendStream(StreamSession session, in ReadOnlySequence<byte> data)
    {
        ArgumentNullException.ThrowIfNull(session);
        var due = long.MaxValue;
        lock (_gate)
        {
            if (_writeClosed || session.DismissSent || session.IsStopped)
            {
                return;
            }

            if (UsesPacing)
            {
                due = SendPaced(session, data);
            }
            else
            {
                WriteStream(session, data);
                session.SendCredit -= data.Length;
            }
        }

        if (due != long.MaxValue)
        {
            _wheel.Schedule(this, due);
        }

        Flush();
    }

    /// <summary>Moves what is queued to the transport, unless another thread is at it. To be called without the lock.</summary>
    internal void FlushNow()
    {
        Volatile.Write(ref _dirty, 0);
        if (Interlocked.CompareExchange(ref _pumping, 1, 0) == 0)
        {
            Pump();
        }
    }

    // Flushes soon: at the end of the thread's batch.
    private void Flush()
    {
        if (Interlocked.Exchange(ref _dirty, 1) == 0)
        {
            FlushBatch.Flush(this);
        }
    }

    // Reserves a frame and writes its header; the caller holds the lock and fills the body, all of it.
    private Span<byte> Begin(FrameType type, ulong packetId, int bodyLength, ulong source = QueueShare.NoSource)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "Frames are encoded under the lock.");
        var length = Frame.HeaderLength + bodyLength;
        NoteQueued(length, source);
        _lastStream = null;
        return FrameCodec.WriteHeader(_outbound.Reserve(length), type, packetId, bodyLength);
    }

    // Whose bytes wait is counted only while the queue is more than half full, or was just before. The caller holds the lock.
    private void NoteQueued(int length, ulong source = QueueShare.NoSource)
    {
        var before = _outboundBytes;
        _outboundBytes = before + length;
        if (_outboundShare.IsCounting || FairShare.IsTight(before + length, Options.MaxOutboundBytes))
        {
            CountQueued(length, source, before);
        }
    }

    private void CountQueued(int length, ulong source, long before)
    {
        if (before + length <= Options.MaxOutboundBytes / 4)
        {
            _outboundShare.Reset();
            return;
        }

        _outboundShare.Add(source, length, before);
    }

    private void NoteSent(int length)
    {
        _outboundBytes -= length;
        _outboundShare.Remove(length);
    }

    // The next id of this side: unixSeconds << 32 + a counter in steps of two. The caller holds the lock.
    private ulong NextPacketId()
    {
        _packetCounter += 2;
        return ((ulong)Options.Clock.GetUtcNow().ToUnixTimeSeconds() << 32) | _packetCounter;
    }

    // A frame without a body that goes ahead of everything that waits: a heartbeat must not starve behind data.
    private void SendEmpty(FrameType type, ulong? packetId = null)
    {
        lock (_gate)
        {
            if (_writeClosed)
            {
                return;
            }

            NoteQueued(Frame.HeaderLength);
            FrameCodec.WriteHeader(_urgent.Reserve(Frame.HeaderLength), type, packetId ?? NextPacketId(), 0);
        }

        Flush();
    }

    private void Pump()
    {
        for (var flushes = 0; ; flushes++)
        {
            if (flushes == FlushesPerTurn)
            {
                ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.Pump(), this, preferLocal: false);
                return;
            }

            int copied;
            try
            {
                copied = CopyToTransport();
                if (copied == 0)
                {
                    Volatile.Write(ref _pumping, 0);
                    Interlocked.MemoryBarrier();
                    if (!HasWork() || Interlocked.CompareExchange(ref _pumping, 1, 0) != 0)
                    {
                        return;
                    }

                    continue;
                }

                _flushingSince = Environment.TickCount64;
#pragma warning disable CA2012 // Awaited by hand: an await would make a state machine for every flush.
                _flush = _output.FlushAsync().ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
            }
#pragma warning disable CA1031 // However a transport says that it is gone: this may be the read loop of another connection, which must not end of it.
            catch (Exception)
#pragma warning restore CA1031
            {
                CloseWriting();
                return;
            }

            OnWritten(copied);
            if (!_flush.IsCompleted)
            {
                _wheel.Schedule(this, Environment.TickCount64 + (long)Options.SlowConsumerTimeout.TotalMilliseconds);
                _flush.UnsafeOnCompleted(_onFlushed);
                return;
            }

            if (!EndFlush())
            {
                return;
            }
        }
    }

    private void OnFlushed()
    {
        if (EndFlush())
        {
            Pump();
        }
    }

    // False when the transport takes nothing more; the pump then stays taken, so that nobody writes again.
    private bool EndFlush()
    {
        bool closed;
        try
        {
            closed = _flush.GetResult().IsCompleted;
        }
#pragma warning disable CA1031 // As above.
        catch (Exception)
#pragma warning restore CA1031
        {
            closed = true;
        }

        _flushingSince = 0;
        if (closed)
        {
            CloseWriting();
            return false;
        }

        WakeDrainWaiters();
        return true;
    }

    // Something to send, or somebody who waits to hear that there is nothing.
    private bool HasWork()
    {
        lock (_gate)
        {
            return _emptied is { Task.IsCompleted: false } || (!_held && (!_outbound.IsEmpty || !_urgent.IsEmpty));
        }
    }

    // Copies up to MaxFlushBytes; 0 when nothing waits. Only the pump's owner calls it, so only taking the queue needs the lock.
    private int CopyToTransport()
    {
        var copied = 0;
        lock (_gate)
        {
            if (_drainOffset == 0 && !_held)
            {
                copied = CopyUrgent();
            }

            if (_draining.IsEmpty)
            {
                if (_held || _outbound.IsEmpty)
                {
                    if (copied == 0)
                    {
                        _emptied?.TrySetResult();
                    }

                    NoteSent(copied);
                    return copied;
                }

                // Under the same lock as the urgent frames: ConnAck is one of them, and nothing may slip past it.
                _outbound.MoveTo(ref _draining);
                _lastStream = null;
                _drainIndex = _drainOffset = 0;
            }
        }

        while (_drainIndex < _draining.Count && copied < MaxFlushBytes)
        {
            if (_drainOffset == 0 && !_urgent.IsEmpty)
            {
                lock (_gate)
                {
                    copied += CopyUrgent(); // Between two blocks, too: the queue may hold megabytes.
                }
            }

            var block = _draining.BlockAt(_drainIndex)[_drainOffset..];
            var part = block.Length > MaxFlushBytes - copied ? block[..(MaxFlushBytes - copied)] : block;
            _output.Write(part);
            copied += part.Length;
            if (part.Length == block.Length)
            {
                _draining.Release(_drainIndex++);
                _drainOffset = 0;
            }
            else
            {
                _drainOffset += part.Length;
            }
        }

        if (_drainIndex == _draining.Count)
        {
            _draining.Reset();
        }

        lock (_gate)
        {
            NoteSent(copied);
        }

        return copied;
    }

    // Urgent frames may only go between other frames: not while a block is half written. The caller holds the lock.
    private int CopyUrgent()
    {
        var copied = 0;
        for (var i = 0; i < _urgent.Count; i++)
        {
            _output.Write(_urgent.BlockAt(i));
            copied += _urgent.BlockAt(i).Length;
        }

        if (copied > 0)
        {
            _urgent.Clear();
        }

        return copied;
    }

    private void WakeDrainWaiters()
    {
        if (_drainWaiters is null || OutboundBytes > Options.MaxOutboundBytes / 8)
        {
            return;
        }

        List<TaskCompletionSource>? waiters;
        lock (_gate)
        {
            (waiters, _drainWaiters) = (_drainWaiters, null);
        }

        waiters?.ForEach(waiter => waiter.TrySetResult());
    }

    // The transport takes nothing more. Only the pump's owner calls it, and keeps the pump for good.
    private void CloseWriting()
    {
        List<TaskCompletionSource>? waiters;
        lock (_gate)
        {
            _writeClosed = true;
            _transportClosed = true;
            _lastStream = null;
            _outbound.Clear();
            _urgent.Clear();
            _outboundBytes = 0;
            _outboundShare.Clear();
            (waiters, _drainWaiters) = (_drainWaiters, null);
            _emptied?.TrySetResult();
        }

        _draining.Clear(_drainIndex);
        waiters?.ForEach(waiter => waiter.TrySetResult());
    }

    // No more frames; what is queued still goes out, or is dropped. Completes when the pump has let go of the transport.
    private async Task EndWritingAsync(bool sendQueued)
    {
        TaskCompletionSource emptied;
        List<TaskCompletionSource>? waiters;
        lock (_gate)
        {
            _writeClosed = true;
            (waiters, _drainWaiters) = (_drainWaiters, null);
            if (_transportClosed)
            {
                return;
            }

            if (!sendQueued)
            {
                _lastStream = null;
                _outboundBytes -= _outbound.ByteCount + _urgent.ByteCount;
                _outbound.Clear();
                _urgent.Clear();
            }

            _held = false;
            emptied = _emptied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        waiters?.ForEach(waiter => waiter.TrySetResult());
        FlushNow();
        try
        {
            await emptied.Task.WaitAsync(Options.CloseTimeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The peer has stopped reading; aborting the transport ends the flush that the pump waits for.
            AbortTransport();
            await emptied.Task.ConfigureAwait(false);
        }
    }
}
