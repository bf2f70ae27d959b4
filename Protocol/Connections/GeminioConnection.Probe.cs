namespace Frontier.Protocol;

public abstract partial class GeminioConnection
{
    private TaskCompletionSource? _probe;

    // No peer has it, so that each answers at once, and without its application, that there is no such method.
    private static ReadOnlySpan<byte> ProbeMethod => "frontier.probe"u8;

    /// <summary>
    /// Asks the peer for a sign of life and waits for anything at all from it: a heartbeat where the peer answers one, which a plain dialer does not; else a call
    /// of a method that nobody has. For those who cannot wait for two heartbeat intervals. Several who ask at once share the answer.
    /// </summary>
    /// <param name="patience">How long the peer may take.</param>
    /// <returns>
    /// False when the peer is silent or the connection over. True also where nothing can be said, because the login or the closing handshake, which have limits of
    /// their own, are under way, or because this side is not reading.
    /// </returns>
    public async Task<bool> ProbeAsync(TimeSpan patience)
    {
        if (_state != State.Open || _interrupt is not null)
        {
            return _state != State.Closed;
        }

        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var probe = Interlocked.CompareExchange(ref _probe, mine, null) ?? mine;
        try
        {
            if (probe == mine && !TrySendProbe(patience))
            {
                return _state != State.Closed;
            }

            await probe.Task.WaitAsync(patience).ConfigureAwait(false);
            return _state != State.Closed;
        }
        catch (TimeoutException)
        {
            return _state != State.Closed && (_interrupt is not null || probe.Task.IsCompleted);
        }
        finally
        {
            Interlocked.CompareExchange(ref _probe, null, mine);
        }
    }

    // Something came, or nothing will any more.
    private void EndProbe() => Volatile.Read(ref _probe)?.TrySetResult();

    private bool TrySendProbe(TimeSpan patience)
    {
        if (PeerFeatures != PeerFeatures.None)
        {
            SendEmpty(FrameType.Heartbeat);
            return true;
        }

        return TrySend(
            FrameType.Request,
            new MessageBody { SessionId = RootSessionId, IsBinary = true, Key = ProbeMethod },
            new PendingReply { Sink = ProbeSink.Instance, Deadline = Environment.TickCount64 + (long)patience.TotalMilliseconds }) == SendOutcome.Sent;
    }

    // What the peer answers does not matter: that it does is seen when it is read.
    private sealed class ProbeSink : IReplySink
    {
        public static readonly ProbeSink Instance = new();

        public void OnReply(GeminioConnection source, in PendingReply pending, FrameType type, ReadOnlySpan<byte> body)
        {
        }

        public void OnReplyLost(GeminioConnection source, in PendingReply pending, ReplyLoss loss)
        {
        }
    }
}
