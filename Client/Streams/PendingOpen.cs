using Frontier.Protocol;

namespace Frontier.Client;

/// <summary>A stream that was asked for and is not open yet.</summary>
/// <param name="connection">The connection.</param>
/// <param name="peer">Whom it is to.</param>
/// <param name="peerId">The id of whom it is to; 0 when not known.</param>
/// <param name="meta">The opener's metadata.</param>
internal sealed class PendingOpen(ClientConnection connection, string peer, ulong peerId, ReadOnlyMemory<byte> meta) : IReplySink
{
    private readonly TaskCompletionSource<FrontierStream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Waits for the answer. When the caller gives up the stream may open all the same; it is then closed at once.</summary>
    public async Task<FrontierStream> WaitAsync(CancellationToken cancellationToken)
    {
        var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource<FrontierStream>)state!).TrySetCanceled(token), _opened);
        await using (registration.ConfigureAwait(false))
        {
            return await _opened.Task.ConfigureAwait(false);
        }
    }

    void IReplySink.OnReply(GeminioConnection source, in PendingReply pending, FrameType type, ReadOnlySpan<byte> body)
    {
        var ack = source.ParseSessionAck(body);
        var stream = new FrontierStream(connection, ack.SessionId, peer, peerId, meta);
        var session = connection.AddSession(ack.SessionId, stream);
        stream.Attach(session);
        if (!ack.Error.IsEmpty)
        {
            // The refusing side closes the stream that it did not open; closing it here, too, lets both forget it.
            _opened.TrySetException(FrontierException.FromWire(ack.ErrorCode, JsonText.Decode(ack.Error, ack.ErrorEscaped)));
            stream.CloseUnopened();
        }
        else if (!_opened.TrySetResult(stream))
        {
            stream.Dispose();
        }
    }

    void IReplySink.OnReplyLost(GeminioConnection source, in PendingReply pending, ReplyLoss loss) => _opened.TrySetException(Errors.From(loss));
}
