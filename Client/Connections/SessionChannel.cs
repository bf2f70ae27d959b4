using System.Runtime.CompilerServices;
using System.Text;
using Frontier.Protocol;

namespace Frontier.Client;

/// <summary>
/// Calls and messages on one session, both ways: of the connection itself (session 1) or of a stream. What it needs beyond that is made when first used.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="sessionId">The session.</param>
/// <param name="stream">The stream it belongs to; null for session 1.</param>
/// <param name="home">Whose methods and inbox it uses; null for its own, which end with the session.</param>
internal sealed class SessionChannel(ClientConnection connection, ulong sessionId, FrontierStream? stream, ClientHome? home = null)
{
    // The calls of a stream that are in flight: they end with it. Those of session 1 end with the connection, which keeps them itself.
    private readonly Dictionary<PendingCall, ulong>? _pending = stream is null ? null : [];
    private MethodTable? _methods = home?.Methods;
    private MessageInbox? _inbox = home?.Inbox;
    private bool _closed;
    private readonly Lock _room = new();
    private bool _leftBehind;
    private bool _abandoned;
    private int _readers;
    private int _messageCount;
    private long _messageBytes;

    public ClientConnection Connection => connection;

    public ulong SessionId => sessionId;

    public FrontierStream? Stream => stream;

    /// <summary>Whether requests and messages here carry the sender's edge id.</summary>
    private bool IsFromEdges => stream is null && connection.IsService;

    // Whether this is a stream whose messages nobody reads: it gets a part of the room only.
    private bool IsUnread => stream is not null && _readers == 0;

    private MessageInbox Inbox
    {
        get
        {
            if (Volatile.Read(ref _inbox) is { } inbox)
            {
                return inbox;
            }

            inbox = new MessageInbox();
            if (Interlocked.CompareExchange(ref _inbox, inbox, null) is { } other)
            {
                return other;
            }

            if (Volatile.Read(ref _closed) || Volatile.Read(ref _abandoned))
            {
                inbox.Close();
            }

            return inbox;
        }
    }

    /// <summary>Calls a method.</summary>
    public ValueTask<CallResponse> CallAsync(
        string method, ReadOnlyMemory<byte> payload, CallOptions? options, ulong? edgeId, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(method);
        OutgoingFrame.CheckName(method, connection.Options);
        var frame = new OutgoingFrame(
            FrameType.Request, method, payload, options?.Custom ?? default, edgeId, options?.Timeout, connection.ClientOptions.DefaultTimeout);
        return SendAsync(frame, cancellationToken);
    }

    /// <summary>Publishes a message; completes when it is acknowledged.</summary>
    public ValueTask PublishAsync(
        string topic, ReadOnlyMemory<byte> payload, PublishOptions? options, ulong? edgeId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(topic);
        OutgoingFrame.CheckName(topic, connection.Options);
        var frame = new OutgoingFrame(
            FrameType.Message, topic, payload, options?.Custom ?? default, edgeId, options?.Timeout, connection.ClientOptions.DefaultTimeout);
        return WithoutResult(SendAsync(frame, cancellationToken));
    }

    /// <summary>Serves a method and announces it; completes when the other end knows.</summary>
    public async Task RegisterAsync(string method, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>> handler, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(method);
        ArgumentNullException.ThrowIfNull(handler);
        OutgoingFrame.CheckName(method, connection.Options);
        cancellationToken.ThrowIfCancellationRequested();
        if (Volatile.Read(ref _closed))
        {
            throw Errors.From(SendOutcome.NotConnected, connection);
        }

        // Calls may come before the acknowledgement, so the handler is in place first.
        var entry = Install(method, handler);
        try
        {
            await AnnounceAsync(method, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _methods!.Remove(entry);
            throw;
        }
    }

    /// <summary>Puts a handler in place without announcing its method.</summary>
    /// <exception cref="InvalidOperationException">The method has a handler.</exception>
    public MethodHandler Install(string method, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>> handler)
    {
        OutgoingFrame.CheckName(method, connection.Options);
        var methods = Volatile.Read(ref _methods) ?? Interlocked.CompareExchange(ref _methods, new MethodTable(), null) ?? _methods;
        var entry = new MethodHandler(method, handler);
        return methods.TryAdd(entry) ? entry : throw new InvalidOperationException($"The method {method} is registered already.");
    }

    /// <summary>Announces a method whose handler is in place; completes when the other end knows.</summary>
    public async Task AnnounceAsync(string method, CancellationToken cancellationToken)
    {
        var call = PendingCall.Rent(this, 0, cancellationToken);
        var outcome = connection.TryRegister(
            sessionId, Encoding.UTF8.GetBytes(method), call.ToPending(DeadlineAfter(connection.ClientOptions.DefaultTimeout)));
        if (outcome != SendOutcome.Sent)
        {
            call.Return();
            throw Errors.From(outcome, connection);
        }

        call.Watch();
        await call.Response.ConfigureAwait(false);
    }

    /// <summary>Messages as they come, until the session ends.</summary>
    public IAsyncEnumerable<FrontierMessage> ReceiveAsync(CancellationToken cancellationToken) =>
        stream is null ? Inbox.ReadAllAsync(cancellationToken) : ReadStreamAsync(cancellationToken);

    /// <summary>A Request came; on the read loop.</summary>
    public void Serve(ulong packetId, in MessageBody body)
    {
        if (Volatile.Read(ref _methods)?.Find(body.Key, body.IsBinary) is not { } handler)
        {
            var name = Encoding.UTF8.GetString(body.DecodeKey());
            connection.Refuse(FrameType.Request, packetId, sessionId, body.TextKey, FrontierErrorText.NoSuchRpcPrefix + name);
            return;
        }

        var custom = CustomField.Split(body.DecodeCustom(), IsFromEdges, out var edgeId);
        DateTimeOffset? deadline = body.Due == 0 ? null : connection.Options.Clock.GetUtcNow().AddMilliseconds(body.Due - Environment.TickCount64);
        var request = new FrontierRequest(handler.Name, body.DecodeValue(), custom, edgeId, deadline, stream, body.Trace.ToArray());
        connection.Handle(IncomingCall.Rent(this, packetId, handler, request, body.Due), this, body.TextKey);
    }

    /// <summary>A Message came; on the read loop.</summary>
    public void Receive(ulong packetId, in MessageBody body)
    {
        var custom = CustomField.Split(body.DecodeCustom(), IsFromEdges, out var edgeId);
        var message = new FrontierMessage(
            this,
            packetId,
            body.Key.IsEmpty ? "" : Encoding.UTF8.GetString(body.DecodeKey()),
            JsonText.Decode(body.Topic, body.TopicEscaped),
            body.DecodeValue(),
            custom,
            edgeId,
            body.Trace.ToArray());
        if (!connection.Take(packetId))
        {
            connection.Refuse(FrameType.Message, packetId, sessionId, default, FrontierErrorText.RateLimited);
        }
        else if (!TryTakeIn(message))
        {
            // It would have to wait, and with it the answers behind the message.
            Refuse(packetId);
        }
    }

    /// <summary>A message that came here is with the application.</summary>
    public void Leave(FrontierMessage message)
    {
        lock (_room)
        {
            if (_leftBehind)
            {
                Inbox.AddLeft(-1, -LengthOf(message));
                return;
            }

            _messageCount--;
            _messageBytes -= LengthOf(message);
            connection.Room.Add(-LengthOf(message));
            AddUnread(-LengthOf(message));
        }
    }

    /// <summary>Notes a call that ends with the stream.</summary>
    public void Track(PendingCall call)
    {
        if (_pending is not null)
        {
            lock (_pending)
            {
                _pending[call] = call.Use;
            }
        }
    }

    /// <summary>The call is answered, or was not sent.</summary>
    public void Forget(PendingCall call)
    {
        if (_pending is not null)
        {
            lock (_pending)
            {
                _pending.Remove(call);
            }
        }
    }

    /// <summary>The other end sends nothing more: no message will come, and no answer.</summary>
    public void Close()
    {
        Volatile.Write(ref _closed, true);
        lock (_room)
        {
            if (home is not null && !_leftBehind)
            {
                _leftBehind = true;
                if (_messageCount > 0)
                {
                    Inbox.AddLeft(_messageCount, _messageBytes);
                }
            }
        }

        if (home is null)
        {
            Volatile.Read(ref _inbox)?.Close();
        }

        if (_pending is not null)
        {
            KeyValuePair<PendingCall, ulong>[] left;
            lock (_pending)
            {
                left = [.. _pending];
            }

            foreach (var (call, use) in left)
            {
                connection.CancelPending(call, use);
            }
        }
    }

    /// <summary>The application is done with the stream: the senders of what it did not take are told.</summary>
    public void Abandon()
    {
        lock (_room)
        {
            _abandoned = true;
        }

        if (Volatile.Read(ref _inbox) is { } inbox)
        {
            inbox.Close();
            while (inbox.TryTake(out var message))
            {
                Refuse(message.PacketId);
            }
        }
    }

    private void Refuse(ulong packetId)
    {
        var code = Volatile.Read(ref _abandoned) ? FrontierErrorCode.ConnectionLost : FrontierErrorCode.SlowConsumer;
        connection.Answer(FrameType.MessageAck, packetId, new MessageBody
        {
            SessionId = sessionId,
            Error = JsonText.Escape(FrontierErrorText.FromCode(code)!),
            ErrorCode = (int)code,
        });
    }

    private static long LengthOf(FrontierMessage message) => (long)message.Payload.Length + message.Custom.Length;

    // What connections that are over left behind counts, too: a client that keeps reconnecting must not gather more with each.
    private bool TryTakeIn(FrontierMessage message)
    {
        lock (_room)
        {
            var (options, length) = (connection.ClientOptions, LengthOf(message));
            if (_abandoned
                || _messageCount >= options.MessageQueueCapacity
                || Inbox.LeftCount >= options.MessageQueueCapacity
                || Inbox.LeftBytes >= options.MessageQueueBytes
                || (IsUnread && !connection.UnreadRoom.TryTake(length)))
            {
                return false;
            }

            if (!connection.Room.TryTake(length))
            {
                AddUnread(-length);
                return false;
            }

            _messageCount++;
            _messageBytes += length;
        }

        if (Inbox.TryAdd(message))
        {
            return true;
        }

        Leave(message);
        return false;
    }

    private void AddUnread(long bytes)
    {
        if (IsUnread)
        {
            connection.UnreadRoom.Add(bytes);
        }
    }

    private async IAsyncEnumerable<FrontierMessage> ReadStreamAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ChangeReaders(1);
        try
        {
            await foreach (var message in Inbox.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return message;
            }
        }
        finally
        {
            ChangeReaders(-1);
        }
    }

    private void ChangeReaders(int change)
    {
        lock (_room)
        {
            AddUnread(-_messageBytes);
            _readers += change;
            AddUnread(_messageBytes);
        }
    }

    private static long DeadlineAfter(TimeSpan time) =>
        time == Timeout.InfiniteTimeSpan ? long.MaxValue : Environment.TickCount64 + (long)time.TotalMilliseconds;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask WithoutResult(ValueTask<CallResponse> response) => await response.ConfigureAwait(false);

    private ValueTask<CallResponse> SendAsync(in OutgoingFrame frame, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<CallResponse>(cancellationToken);
        }

        if (frame.IsLarge || !connection.Gate.IsOpen)
        {
            return SendInTurnAsync(frame, cancellationToken);
        }

        var outcome = TrySend(frame, cancellationToken, out var call);
        return outcome switch
        {
            SendOutcome.Sent => call!.Response,
            SendOutcome.SlowConsumer => SendInTurnAsync(frame, cancellationToken),
            _ => ValueTask.FromException<CallResponse>(Errors.From(outcome, connection)),
        };
    }

    // Much waits to be written: so does the caller, within its time.
    private async ValueTask<CallResponse> SendInTurnAsync(OutgoingFrame frame, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (frame.Deadline - Environment.TickCount64 is < int.MaxValue and var left)
        {
            patience.CancelAfter((int)Math.Max(0, left));
        }

        PendingCall? call;
        try
        {
            await connection.Gate.EnterAsync(patience.Token).ConfigureAwait(false);
            try
            {
                SendOutcome outcome;
                while ((outcome = TrySend(frame, cancellationToken, out call)) == SendOutcome.SlowConsumer)
                {
                    await connection.WhenDrainedAsync().WaitAsync(patience.Token).ConfigureAwait(false);
                }

                if (outcome != SendOutcome.Sent)
                {
                    throw Errors.From(outcome, connection);
                }
            }
            finally
            {
                connection.Gate.Exit();
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FrontierException(FrontierErrorCode.Timeout);
        }
        catch (OperationCanceledException)
        {
            throw new OperationCanceledException(cancellationToken);
        }

        return await call!.Response.ConfigureAwait(false);
    }

    private SendOutcome TrySend(in OutgoingFrame frame, CancellationToken cancellationToken, out PendingCall? call)
    {
        call = null;
        if (Volatile.Read(ref _closed))
        {
            return SendOutcome.NotConnected;
        }

        var pending = PendingCall.Rent(this, frame.EdgeId ?? 0, cancellationToken);
        var outcome = frame.TrySend(connection, sessionId, pending.ToPending(frame.Deadline));
        if (outcome != SendOutcome.Sent)
        {
            pending.Return();
            return outcome;
        }

        call = pending;
        pending.Watch();
        if (stream is not null && Volatile.Read(ref _closed))
        {
            connection.CancelPending(pending, pending.Use); // It ended in between and may not have seen this call.
        }

        return outcome;
    }
}
