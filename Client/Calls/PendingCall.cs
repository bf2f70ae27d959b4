using System.Buffers.Binary;
using System.Threading.Tasks.Sources;
using Frontier.Protocol;

namespace Frontier.Client;

/// <summary>
/// A call, message or registration that awaits its answer: what the connection answers to and the caller awaits, in one object that is used again.
/// The caller's continuation runs on the thread pool, never on the read loop.
/// </summary>
internal sealed class PendingCall : IReplySink, IValueTaskSource<CallResponse>
{
    private ManualResetValueTaskSourceCore<CallResponse> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private CancellationToken _cancellationToken;
    private SessionChannel? _channel;
    private ulong _edgeId;
    private ulong _use;

    /// <summary>Takes an object for one call.</summary>
    /// <param name="channel">Where the call is made.</param>
    /// <param name="edgeId">The edge called, whose id is cut off the answer's custom; 0 for none.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public static PendingCall Rent(SessionChannel channel, ulong edgeId, CancellationToken cancellationToken)
    {
        var call = Pool<PendingCall>.Rent();
        call._use++;
        call._channel = channel;
        call._edgeId = edgeId;
        call._cancellationToken = cancellationToken;
        channel.Track(call);
        return call;
    }

    /// <summary>Tells one use of this object from the next: what comes late for an earlier call must not touch a later one.</summary>
    public ulong Use => _use;

    /// <summary>To be awaited exactly once.</summary>
    public ValueTask<CallResponse> Response => new(this, _core.Version);

    /// <summary>What the connection files.</summary>
    public PendingReply ToPending(long deadline) => new() { Sink = this, OriginPacketId = _use, Deadline = deadline };

    /// <summary>After sending: from now on the caller's token cancels the call.</summary>
    public void Watch()
    {
        if (_cancellationToken.CanBeCanceled)
        {
            _registration = _cancellationToken.UnsafeRegister(
                static state =>
                {
                    var call = (PendingCall)state!;
                    call._channel!.Connection.CancelPending(call, call._use);
                },
                this);
        }
    }

    /// <summary>Gives the object back unused: nothing was sent.</summary>
    public void Return()
    {
        _channel!.Forget(this);
        Recycle();
    }

    void IReplySink.OnReply(GeminioConnection source, in PendingReply pending, FrameType type, ReadOnlySpan<byte> body)
    {
        if (type == FrameType.RegisterAck)
        {
            var ack = SessionBody.ParseDismiss(body);
            Complete(default, ack.Error.IsEmpty ? null : FrontierException.FromWire(ack.ErrorCode, JsonText.Decode(ack.Error, ack.ErrorEscaped)));
            return;
        }

        var reply = source.ParseMessage(type, body);
        if (!reply.Error.IsEmpty)
        {
            Complete(default, FrontierException.FromWire(reply.ErrorCode, JsonText.Decode(reply.Error, reply.ErrorEscaped)));
            return;
        }

        Complete(new CallResponse(reply.DecodeValue(), CutEdgeId(reply.DecodeCustom())), null);
    }

    void IReplySink.OnReplyLost(GeminioConnection source, in PendingReply pending, ReplyLoss loss) =>
        Complete(default, loss == ReplyLoss.Canceled && _cancellationToken.IsCancellationRequested ? new OperationCanceledException(_cancellationToken) : Errors.From(loss));

    CallResponse IValueTaskSource<CallResponse>.GetResult(short token)
    {
        _core.GetStatus(token); // Throws for an answer that was awaited before, whose object may serve another call by now.
        _registration.Dispose(); // Waits for a cancellation that is just running, so that it cannot meet the next use.
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            Recycle();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<CallResponse>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<CallResponse>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    // The answer of an edge carries the edge's id behind its custom, as the gateway appends it.
    private ReadOnlyMemory<byte> CutEdgeId(byte[] custom) =>
        _edgeId != 0 && custom.Length >= Base64Text.IdLength && BinaryPrimitives.ReadUInt64BigEndian(custom.AsSpan(custom.Length - Base64Text.IdLength)) == _edgeId
            ? custom.AsMemory(0, custom.Length - Base64Text.IdLength)
            : custom;

    private void Complete(CallResponse response, Exception? failure)
    {
        _channel!.Forget(this);
        if (failure is null)
        {
            _core.SetResult(response);
        }
        else
        {
            _core.SetException(failure);
        }
    }

    private void Recycle()
    {
        _registration = default;
        _cancellationToken = default;
        _channel = null;
        _core.Reset();
        Pool<PendingCall>.Return(this);
    }
}
