using System.Buffers;
using System.Buffers.Binary;

namespace Frontier.Protocol;

public abstract partial class GeminioConnection
{
    private List<StreamSession>? _paced;

    // The stream whose bytes are the last that were queued, and how many: bytes that follow join them, as boundaries mean nothing.
    private StreamSession? _lastStream;
    private int _lastStreamBytes;

    private bool UsesPacing => !UsesCredit && Options.StreamPacing is not null;

    private static long NowMicroseconds => Environment.TickCount64 * 1000;

    // Sends bytes to a plain peer, or keeps them until it may take them; gives when to look after those that were kept. The caller holds the lock.
    private long SendPaced(StreamSession session, in ReadOnlySequence<byte> data)
    {
        var pace = session.Pace ??= new StreamPace(Options.StreamPacing!);
        if (pace.IsEnding)
        {
            return long.MaxValue;
        }

        var now = NowMicroseconds;
        if (pace.Waiting == 0)
        {
            if (TryJoinLastFrame(session, data))
            {
                pace.NoteSent(data.Length, now);
                return long.MaxValue;
            }

            if (pace.TryTake(data.Length, now))
            {
                WriteStream(session, data);
                return long.MaxValue;
            }
        }

        pace.Add(data);
        TrackPaced(session);
        return pace.Due / 1000;
    }

    private void WriteStream(StreamSession session, in ReadOnlySequence<byte> data)
    {
        var output = Begin(FrameType.Stream, NextPacketId(), sizeof(ulong) + (int)data.Length);
        BinaryPrimitives.WriteUInt64BigEndian(output, session.Id);
        data.CopyTo(output[sizeof(ulong)..]);
        if (UsesPacing)
        {
            (_lastStream, _lastStreamBytes) = (session, (int)data.Length);
        }
    }

    private bool TryJoinLastFrame(StreamSession session, in ReadOnlySequence<byte> data)
    {
        var bytes = _lastStreamBytes + data.Length;
        if (_lastStream != session || bytes > StreamPace.FullFrame)
        {
            return false;
        }

        var frame = _outbound.Extend(Frame.HeaderLength + sizeof(ulong) + _lastStreamBytes, (int)data.Length);
        data.CopyTo(frame[^(int)data.Length..]);
        FrameCodec.WriteBodyLength(frame, sizeof(ulong) + (int)bytes);
        NoteQueued((int)data.Length);
        _lastStreamBytes = (int)bytes;
        return true;
    }

    // False when the end may be told now. The caller holds the lock.
    private bool TryEndLater(StreamSession session, ReadOnlySpan<byte> error)
    {
        if (session.Pace is { IsEnding: true })
        {
            return true;
        }

        if (session.Pace is not { } pace || !pace.TryEndLater(NowMicroseconds, error))
        {
            return false;
        }

        session.CreditWaiter?.TrySetResult();
        TrackPaced(session);
        return true;
    }

    private void TrackPaced(StreamSession session)
    {
        _paced ??= [];
        if (!_paced.Contains(session))
        {
            _paced.Add(session);
        }
    }

    // Sends what may leave by now: called by the timer.
    private void SendPacedDue()
    {
        if (_paced is null)
        {
            return;
        }

        lock (_gate)
        {
            SendPacedUntil(NowMicroseconds, all: false);
        }

        Flush();
    }

    // Sends everything that waits, and the ends: the connection is about to close. The caller holds the lock.
    private void SendAllPaced() => SendPacedUntil(NowMicroseconds, all: true);

    private void SendPacedUntil(long now, bool all)
    {
        for (var i = (_paced?.Count ?? 0) - 1; i >= 0; i--)
        {
            var session = _paced![i];
            var pace = session.Pace!;
            while (pace.Waiting > 0 && !_writeClosed && (all || (!IsCongested && pace.TryTake(pace.Next.Length, now))))
            {
                var next = pace.Next;
                var output = Begin(FrameType.Stream, NextPacketId(), sizeof(ulong) + next.Length);
                BinaryPrimitives.WriteUInt64BigEndian(output, session.Id);
                next.CopyTo(output[sizeof(ulong)..]);
                pace.Remove(next.Length);
            }

            if (_writeClosed)
            {
                pace.Drop();
            }

            if (pace.Waiting < StreamPace.MaxWaiting)
            {
                session.CreditWaiter?.TrySetResult();
            }

            if (pace.Waiting > 0 || (pace.IsEnding && pace.Due > now && !all))
            {
                continue;
            }

            _paced.RemoveAt(i);
            if (pace.IsEnding && !_writeClosed && !session.DismissSent)
            {
                WriteDismiss(session, pace.EndError.Span);
            }
        }
    }

    // When the next of the streams that wait has something to do, in milliseconds; the caller holds the lock.
    private long NextPacedDue()
    {
        var due = long.MaxValue;
        foreach (var session in _paced ?? Enumerable.Empty<StreamSession>())
        {
            due = Math.Min(due, session.Pace!.Due / 1000);
        }

        return due; // Passed already for a congested peer, which is looked at again when the wheel turns.
    }

    private void DropPaced(StreamSession session)
    {
        session.Pace?.Drop();
        _paced?.Remove(session);
    }
}
