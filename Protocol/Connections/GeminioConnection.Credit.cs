using System.Buffers.Binary;

namespace Frontier.Protocol;

public abstract partial class GeminioConnection
{
    /// <summary>
    /// With <see cref="PeerFeatures.StreamCredit"/>, the raw bytes of a session that may be under way without the receiver having taken them, in bytes:
    /// each end may send while it has credit left, so at most one frame more than this. 256 KiB keeps 250 MB/s going over a round trip of 1 ms.
    /// </summary>
    public const int StreamWindow = 256 * 1024;

    // Credit is given back in quarters of the window: few frames, and a sender in full flow never runs dry.
    private const int CreditStep = StreamWindow / 4;
    private const int StreamCreditLength = sizeof(ulong) + sizeof(uint);

    private bool UsesCredit => (PeerFeatures & PeerFeatures.StreamCredit) != 0;

    /// <summary>Whether raw bytes may be sent on a session now: the peer keeps up, or is gone, in which case they are dropped.</summary>
    public bool CanSendStream(StreamSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        lock (_gate)
        {
            return CanSendStreamNow(session);
        }
    }

    /// <summary>Completes when <see cref="CanSendStream"/> may have become true; look again then.</summary>
    public Task WhenStreamWritableAsync(StreamSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        lock (_gate)
        {
            if (CanSendStreamNow(session))
            {
                return Task.CompletedTask;
            }

            if (IsCongested)
            {
                return WhenDrainedAsync();
            }

            if (session.CreditWaiter is not { Task.IsCompleted: false })
            {
                session.CreditWaiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return session.CreditWaiter.Task;
        }
    }

    /// <summary>
    /// Raw bytes that <see cref="OnStream"/> took have left the process or are not wanted, so the peer may send as many again. To be called once for all
    /// that <see cref="OnStream"/> takes. Does nothing without <see cref="PeerFeatures.StreamCredit"/>.
    /// </summary>
    public void GrantStream(StreamSession session, long bytes)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (!UsesCredit)
        {
            return;
        }

        lock (_gate)
        {
            session.Ungranted += bytes;
            if (session.Ungranted < CreditStep || _writeClosed || session.DismissReceived)
            {
                return;
            }

            var output = Begin(FrameType.StreamCredit, NextPacketId(), StreamCreditLength);
            BinaryPrimitives.WriteUInt64BigEndian(output, session.Id);
            BinaryPrimitives.WriteUInt32BigEndian(output[sizeof(ulong)..], (uint)session.Ungranted);
            session.ReceiveCredit += session.Ungranted;
            session.Ungranted = 0;
        }

        Flush();
    }

    private bool CanSendStreamNow(StreamSession session) =>
        _writeClosed || _state == State.Closed || session.DismissSent || session.IsStopped || session.Pace is { IsEnding: true }
        || (!IsCongested && (UsesCredit ? session.SendCredit > 0 : session.Pace is not { Waiting: >= StreamPace.MaxWaiting }));

    private void CheckCredit(StreamSession session)
    {
        if (UsesCredit && session.ReceiveCredit <= 0)
        {
            ProtocolViolationException.Throw(DisconnectReason.UnexpectedFrame, "stream bytes without credit");
        }
    }

    private void TakeCredit(StreamSession session, long bytes)
    {
        if (!UsesCredit)
        {
            return;
        }

        lock (_gate)
        {
            session.ReceiveCredit -= bytes;
        }
    }

    private void HandleStreamCredit(ReadOnlySpan<byte> body)
    {
        if (!UsesCredit)
        {
            ProtocolViolationException.Throw(DisconnectReason.UnknownFrameType, "stream credit that was not agreed on");
        }

        if (body.Length < StreamCreditLength)
        {
            ProtocolViolationException.Throw(DisconnectReason.TruncatedBody, $"stream credit of {body.Length} bytes");
        }

        lock (_gate)
        {
            if (_sessions is null || !_sessions.TryGetValue(BinaryPrimitives.ReadUInt64BigEndian(body), out var session))
            {
                IgnoredFrames++; // The session ended meanwhile.
                return;
            }

            // More than the window was never under way; a larger figure must not overflow.
            session.SendCredit = Math.Min(session.SendCredit + BinaryPrimitives.ReadUInt32BigEndian(body[sizeof(ulong)..]), StreamWindow);
            if (session.SendCredit > 0)
            {
                session.CreditWaiter?.TrySetResult();
            }
        }
    }
}
