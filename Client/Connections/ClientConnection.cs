using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using Frontier.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using EndPoint = System.Net.EndPoint;

namespace Frontier.Client;

/// <summary>The connection of an edge or a service to a gateway: gives the protocol's frames to the session or stream they are for.</summary>
internal sealed partial class ClientConnection : GeminioConnection
{
    private readonly SocketDuplexPipe _transport;
    private readonly TaskCompletionSource _login = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<MoveRequest> _move = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _leaving = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, bool> _announced = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, IncomingCall> _handling = [];

    private ClientConnection(
        SocketDuplexPipe transport, FrontierClientOptions options, bool exactId, ClientHome home, bool isService)
        : base(transport, ConnectionRole.Dialer, options.Connection with { Features = FeaturesOf(options, exactId), MessageWindow = options.MessageQueueCapacity }, options.TimerWheel ?? SharedTimerWheel.Instance)
    {
        _transport = transport;
        EndPoint = transport.EndPoint!;
        ClientOptions = options;
        Home = home;
        IsService = isService;
        Logger = options.LoggerFactory?.CreateLogger(isService ? "Frontier.Client.FrontierService" : "Frontier.Client.FrontierEdge") ?? NullLogger.Instance;
        Gate = new SendGate(this);
        Room = new MessageRoom(options.MessageQueueBytes);
        UnreadRoom = new MessageRoom(options.MessageQueueBytes / 2);
        Root = new SessionChannel(this, RootSessionId, null, home);
        Completion = Task.FromResult(DisconnectReason.None);
    }

    public FrontierClientOptions ClientOptions { get; }

    /// <summary>What this connection shares with those before and after it.</summary>
    public ClientHome Home { get; }

    /// <summary>The gateway's address.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>
    /// Done when the gateway wants this client elsewhere: it says goodbye, in which case nothing more can be sent here, or it asks for a move, in which
    /// case this connection serves until the next one does.
    /// </summary>
    public Task Leaving => _leaving.Task;

    /// <summary>Whether requests and messages from the gateway carry an edge id.</summary>
    public bool IsService { get; }

    public ILogger Logger { get; }

    public SendGate Gate { get; }

    /// <summary>The room for all messages that wait, on the connection and its streams.</summary>
    public MessageRoom Room { get; }

    /// <summary>The part of it for streams whose messages nobody reads.</summary>
    public MessageRoom UnreadRoom { get; }

    /// <summary>Session 1.</summary>
    public SessionChannel Root { get; }

    /// <summary>The id the gateway gave.</summary>
    public ulong Id { get; private set; }

    /// <summary>When the gateway let this client in, on the <see cref="Environment.TickCount64"/> clock; 0 before.</summary>
    public long ConnectedAt { get; private set; }

    /// <summary>Done when the connection is over and its socket closed.</summary>
    public Task<DisconnectReason> Completion { get; private set; }

    /// <summary>Calls being handled.</summary>
    public int HandlingCount
    {
        get
        {
            lock (_handling)
            {
                return _handling.Count;
            }
        }
    }

    /// <summary>Connects, logs in, and announces every method there is.</summary>
    /// <param name="options">How.</param>
    /// <param name="endPoints">Where to, in order. Those that failed are taken out, and the one that is connected to.</param>
    /// <param name="wantedId">The id this side would like; 0 for none.</param>
    /// <param name="exactId">Whether it would rather be refused than get another.</param>
    /// <param name="meta">The metadata to connect with.</param>
    /// <param name="isService">Whether this end is a service.</param>
    /// <param name="home">What the connections of a client share.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FrontierException">The gateway refused (Refused), did not answer (Timeout), or is not to be reached (ConnectionLost).</exception>
    public static async Task<ClientConnection> ConnectAsync(
        FrontierClientOptions options, List<EndPoint> endPoints, ulong wantedId, bool exactId, ReadOnlyMemory<byte> meta, bool isService, ClientHome home,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var transport = await SocketDialer.ConnectAsync(options, endPoints, cancellationToken).ConfigureAwait(false);
        var connection = new ClientConnection(transport, options, exactId, home, isService);
        connection.Completion = DetachedLoop.Run(connection.RunToEndAsync);
        connection.SendConn(wantedId, meta.Span, options.HeartbeatInterval, options.MoveToken.Span);
        try
        {
            await connection._login.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            await Task.WhenAll(home.Methods.Names.Select(method => connection.AnnounceAsync(method, cancellationToken))).ConfigureAwait(false);
        }
        catch
        {
            connection.Abort(DisconnectReason.Closed); // Does nothing where it ended by itself.
            throw;
        }

        return connection;
    }

    /// <summary>Tells the gateway of a method, unless it knows already.</summary>
    public async Task AnnounceAsync(string method, CancellationToken cancellationToken)
    {
        if (!_announced.ContainsKey(method))
        {
            await Root.AnnounceAsync(method, cancellationToken).ConfigureAwait(false);
            _announced.TryAdd(method, true);
        }
    }

    /// <summary>Opens a stream.</summary>
    public async Task<FrontierStream> OpenStreamAsync(string peer, ulong peerId, ReadOnlyMemory<byte> meta, CancellationToken cancellationToken)
    {
        OutgoingFrame.CheckName(peer, Options);
        if (meta.Length > Options.MaxMetaBytes)
        {
            throw new FrontierException(FrontierErrorCode.TooLarge, $"The stream's metadata has {meta.Length} bytes; {Options.MaxMetaBytes} are allowed.");
        }

        cancellationToken.ThrowIfCancellationRequested();
        var opening = new PendingOpen(this, peer, peerId, meta);
        var outcome = TryOpenSession(
            new SessionBody { Peer = JsonText.Escape(peer), Meta = Base64Text.Encode(meta.Span) },
            new PendingReply { Sink = opening, Deadline = Environment.TickCount64 + (long)Options.SessionOpenTimeout.TotalMilliseconds });
        if (outcome != SendOutcome.Sent)
        {
            throw Errors.From(outcome, this);
        }

        return await opening.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The closing handshake, then the end.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        Close(DisconnectReason.Closed);
        await Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes responsibility for answering a message; see <see cref="GeminioConnection.TryTake"/>.</summary>
    public bool Take(ulong packetId) => TryTake(packetId, null);

    /// <summary>Answers what was not taken with an error.</summary>
    public void Refuse(FrameType type, ulong packetId, ulong sessionId, ReadOnlySpan<byte> key, string error) =>
        Reject(type, packetId, sessionId, key, JsonText.Escape(error), (int)FrontierErrorText.ToCode(error));

    /// <summary>
    /// Done when the gateway is leaving and asks this end to go to another one; only with <see cref="PeerFeatures.Move"/>. Whoever answers it connects
    /// elsewhere under the same id, with the token in <see cref="FrontierClientOptions.MoveToken"/>, and then ends this connection with
    /// <see cref="GeminioConnection.CloseWhenDoneAsync"/>.
    /// </summary>
    public Task<MoveRequest> MoveRequested => _move.Task;

    /// <summary>Starts to handle a call.</summary>
    public void Handle(IncomingCall call, SessionChannel channel, ReadOnlySpan<byte> key)
    {
        if (!Take(call.PacketId))
        {
            Refuse(FrameType.Request, call.PacketId, channel.SessionId, key, FrontierErrorText.RateLimited);
            return;
        }

        lock (_handling)
        {
            _handling.Add(call.PacketId, call);
        }

        call.Start();
    }

    /// <summary>The handler is done: its call cannot be canceled any more.</summary>
    public void EndHandling(IncomingCall call)
    {
        lock (_handling)
        {
            _handling.Remove(call.PacketId);
        }
    }

    /// <summary>Answers a request or message that was taken; waits for room first.</summary>
    public ValueTask AnswerAsync(
        FrameType type, ulong packetId, ulong sessionId, byte[]? key, CallResponse response, string? error, FrontierErrorCode code)
    {
        if (response.Payload.Length <= SendGate.LargePayload && Gate.IsOpen)
        {
            AnswerNow(type, packetId, sessionId, key, response, error, code);
            return ValueTask.CompletedTask;
        }

        return new ValueTask(AnswerInTurnAsync(type, packetId, sessionId, key, response, error, code));
    }

    protected override void OnConnAck(in ConnBody ack)
    {
        if (ack.Accepted)
        {
            Id = ack.ClientId;
            ConnectedAt = Environment.TickCount64;
            Log.Connected(Logger, Id);
            _login.TrySetResult();
        }
        else
        {
            var text = ack.Error.IsEmpty ? null : JsonText.Decode(ack.Error, ack.ErrorEscaped);
            var code = FrontierException.FromWire(ack.ErrorCode ?? (int)FrontierErrorCode.Refused, text ?? string.Empty).Code;
            // A refusal is one whatever it was for, unless it will pass.
            code = code.IsRetryable() ? code : FrontierErrorCode.Refused;
            _login.TrySetException(new FrontierException(code, text ?? "The gateway refused the login.", peerText: text));
        }
    }

    protected override void OnMove(TimeSpan patience, ReadOnlySpan<byte> token)
    {
        _move.TrySetResult(new MoveRequest(patience, token.ToArray()));
        _leaving.TrySetResult();
    }

    protected override void OnRequest(FrameType type, ulong packetId, StreamSession? session, in MessageBody body)
    {
        var channel = session is null ? Root : ((FrontierStream)session.Owner!).Channel;
        if (type == FrameType.Request)
        {
            channel.Serve(packetId, body);
        }
        else
        {
            channel.Receive(packetId, body);
        }
    }

    protected override void OnCanceled(ulong packetId)
    {
        lock (_handling)
        {
            if (_handling.TryGetValue(packetId, out var call))
            {
                call.Cancel();
            }
        }
    }

    // What the other end can be called is its business: calls find out. The announcement only needs its answer.
    protected override void OnRegister(ulong packetId, ulong sessionId, ReadOnlySpan<byte> method) => AnswerRegister(packetId, sessionId);

    protected override void OnSessionOpen(StreamSession session, ulong packetId, in SessionBody body)
    {
        if (!Home.HasRoomForStream)
        {
            RefuseSession(session, packetId, "too many streams waiting"u8);
            return;
        }

        var peer = JsonText.Decode(body.Peer, body.PeerEscaped);
        var peerId = body.PeerId != 0 || !IsService || !ulong.TryParse(peer, NumberStyles.None, CultureInfo.InvariantCulture, out var edgeId) ? body.PeerId : edgeId;
        var stream = new FrontierStream(this, session.Id, peer, peerId, Base64Text.Decode(body.Meta));
        stream.Attach(session);
        session.Owner = stream;
        AcceptSession(session, packetId); // Before the application can write to it: nothing may precede the acknowledgement.
        Home.Add(stream);
    }

    protected override bool OnStream(StreamSession session, in ReadOnlySequence<byte> data)
    {
        if (((FrontierStream)session.Owner!).Receive(data) is { } full)
        {
            StallReading(full);
        }

        return true;
    }

    protected override void OnSessionFinished(StreamSession session) => ((FrontierStream)session.Owner!).Finish(session);

    protected override void AbortTransport() => _transport.Abort();

    protected override void OnPeerClosing() => _leaving.TrySetResult();

    protected override void OnClosed(DisconnectReason reason)
    {
        Log.Disconnected(Logger, Id, reason, Failure);
        _login.TrySetException(Failure is ProtocolViolationException violation
            ? new FrontierException(FrontierErrorCode.Protocol, Describe(violation), violation)
            : reason == DisconnectReason.HandshakeTimeout
                ? new FrontierException(FrontierErrorCode.Timeout, $"{EndPointText.Format(EndPoint)} did not answer the login within {Options.HandshakeTimeout}: a gateway in trouble, or no gateway.")
                : new FrontierException(FrontierErrorCode.ConnectionLost,
                    $"The connection to {EndPointText.Format(EndPoint)} ended before the gateway answered the login: {reason}."
                    + (ClientOptions.Tls is null ? " A port that expects TLS, which this client does not speak, does so." : "")));
        Root.Close();
        _leaving.TrySetResult();
        lock (_handling)
        {
            foreach (var call in _handling.Values)
            {
                call.Cancel();
            }
        }
    }

    private string Describe(ProtocolViolationException violation) => violation.Reason == DisconnectReason.BadVersion
        ? $"What listens at {EndPointText.Format(EndPoint)} is no gateway's port for {(IsService ? "services (30011 by default)" : "edges (30012 by default)")}: {violation.Message}."
        : $"The gateway at {EndPointText.Format(EndPoint)} broke the protocol: {violation.Message}";

    // Whoever reconnects can also move, and a service may have messages kept; a plain connection stays one.
    private static PeerFeatures FeaturesOf(FrontierClientOptions options, bool exactId)
    {
        var features = options.Features;
        if (features == PeerFeatures.None)
        {
            return features;
        }

        if (options.Reconnect is not null)
        {
            features |= PeerFeatures.Move;
        }

        features = exactId ? features | PeerFeatures.ExactId : features & ~PeerFeatures.ExactId;

        return options is FrontierServiceOptions ? features | PeerFeatures.Keep : features & ~PeerFeatures.Keep;
    }

    private async Task<DisconnectReason> RunToEndAsync()
    {
        var reason = await RunAsync().ConfigureAwait(false);
        await _transport.CloseAsync(Options.CloseTimeout).ConfigureAwait(false);
        return reason;
    }

    private async Task AnswerInTurnAsync(
        FrameType type, ulong packetId, ulong sessionId, byte[]? key, CallResponse response, string? error, FrontierErrorCode code)
    {
        await Gate.EnterAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            AnswerNow(type, packetId, sessionId, key, response, error, code);
        }
        finally
        {
            Gate.Exit();
        }
    }

    private void AnswerNow(FrameType type, ulong packetId, ulong sessionId, byte[]? key, in CallResponse response, string? error, FrontierErrorCode code)
    {
        if ((PeerFeatures & PeerFeatures.BinaryBodies) != 0)
        {
            key = null; // Binary answers do not repeat the method.
        }

        var body = new MessageBody { SessionId = sessionId, Key = key };
        var largest = Options.MaxFrameBytes - Frame.HeaderLength;
        if (error is null && response.Payload.Length <= largest && response.Custom.Length <= largest)
        {
            body.IsBinary = body.KeyIsText = true;
            body.Value = response.Payload.Span;
            body.Custom = response.Custom.Span;
        }
        else
        {
            body.Error = JsonText.Escape(error ?? FrontierErrorText.TooLarge);
            body.ErrorCode = (int)(error is null ? FrontierErrorCode.TooLarge : code);
        }

        if (GetSentLength(body) > largest)
        {
            body = new MessageBody
            {
                SessionId = sessionId, Key = key, Error = JsonText.Escape(FrontierErrorText.TooLarge), ErrorCode = (int)FrontierErrorCode.TooLarge,
            };
        }

        Answer(type, packetId, body);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Connected as {Id}.")]
        public static partial void Connected(ILogger logger, ulong id);

        [LoggerMessage(2, LogLevel.Information, "The connection of {Id} ended: {Reason}.")]
        public static partial void Disconnected(ILogger logger, ulong id, DisconnectReason reason, Exception? exception);
    }
}
