using System.Buffers;
using Frontier.Protocol;

namespace Frontier.Gateway;

/// <summary>
/// One direction of a stream. A receiver that falls behind holds up its stream only: where the sender's connection has credit, what is under way is held
/// here (at most the window and one frame) and the sender runs out of credit; where it has none, its connection is not read until the receiver is ready.
/// </summary>
/// <param name="from">The session that bytes come on.</param>
/// <param name="to">The session that they go to.</param>
internal sealed class StreamRelay(StreamSession from, StreamSession to)
{
    private static readonly byte[] CutText = JsonText.Escape(FrontierErrorText.ConnectionLost);

    // Both null as long as the receiver keeps up.
    private readonly Lock _gate = new();
    private Queue<ReadOnlyMemory<byte>>? _held;
    private volatile StreamEnding _ending;
    private bool _stopped;

    /// <summary>Passes bytes on, or keeps them.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="blocked">When neither is possible: completes when to try again.</param>
    public bool TrySend(in ReadOnlySequence<byte> data, out Task blocked)
    {
        blocked = Task.CompletedTask;
        var connection = to.Connection;
        lock (_gate)
        {
            if (_stopped)
            {
                from.Connection.GrantStream(from, data.Length); // A sender that cannot be told goes on in vain, without holding up anybody.
                return true;
            }

            if (_held is null && connection.CanSendStream(to))
            {
                connection.SendStream(to, data);
                from.Connection.GrantStream(from, data.Length);
                return true;
            }

            if ((from.Connection.PeerFeatures & PeerFeatures.StreamCredit) == 0)
            {
                blocked = connection.WhenStreamWritableAsync(to);
                return false;
            }

            var first = _held is null;
            (_held ??= []).Enqueue(data.ToArray());
            if (first)
            {
                _ = DrainAsync();
            }

            return true;
        }
    }

    /// <summary>The receiver wants no more, or is gone.</summary>
    /// <param name="isCut">Whether it is gone.</param>
    public void Stop(bool isCut)
    {
        lock (_gate)
        {
            _stopped = true;
            while (_held is not null && _held.TryDequeue(out var data))
            {
                from.Connection.GrantStream(from, data.Length);
            }
        }

        from.Connection.StopStream(from, isCut);
    }

    /// <summary>Nothing more comes.</summary>
    public void End(StreamEnding ending)
    {
        lock (_gate)
        {
            _ending = ending;
            if (_held is not null)
            {
                return; // The receiver hears of it behind what is held.
            }
        }

        Dismiss();
    }

    private async Task DrainAsync()
    {
        try
        {
            await DrainHeldAsync();
        }
#pragma warning disable CA1031 // Whatever it is, the receiver must not wait for bytes that will not come: the stream is cut, and both ends hear it.
        catch (Exception)
#pragma warning restore CA1031
        {
            lock (_gate)
            {
                _ending = StreamEnding.Cut;
                _held = null;
                _stopped = true;
            }

            from.Connection.Dismiss(from, CutText);
        }

        if (_ending != StreamEnding.None)
        {
            Dismiss();
        }
    }

    private async Task DrainHeldAsync()
    {
        while (true)
        {
            await to.Connection.WhenStreamWritableAsync(to);
            if (!to.Connection.CanSendStream(to))
            {
                continue;
            }

            ReadOnlyMemory<byte> data;
            lock (_gate)
            {
                if (!_held!.TryDequeue(out data))
                {
                    _held = null;
                    break;
                }
            }

            // Not under the lock: a flush may run another connection's read loop on this thread.
            to.Connection.SendStream(to, new ReadOnlySequence<byte>(data));
            from.Connection.GrantStream(from, data.Length);
        }
    }

    private void Dismiss() => to.Connection.Dismiss(to, _ending switch
    {
        StreamEnding.InOrder => default,
        StreamEnding.Aborted => StreamSession.AbortedText,
        _ => CutText,
    });
}
