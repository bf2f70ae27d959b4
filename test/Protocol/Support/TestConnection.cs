using System.Buffers;
using System.Collections.Concurrent;

namespace Frontier.Protocol.Tests.Support;

internal sealed record ReceivedRequest(FrameType Type, ulong PacketId, ulong SessionId, string Key, string Value, string Topic);

internal sealed record Outcome(ulong Origin, FrameType? Answer, ReplyLoss? Loss, byte[] Body)
{
    public Message Message => Message.Parse(Body);
}

/// <summary>A connection that writes down what happens to it and does what the test says.</summary>
internal sealed class TestConnection(MemoryTransport transport, ConnectionRole role, ConnectionOptions options)
    : GeminioConnection(transport, role, options, Wheel), IReplySink
{
    public static readonly TimerWheel Wheel = new();

    private readonly ConcurrentDictionary<ulong, MemoryStream> _streams = [];
    private int _closedCount;

    /// <summary>What to do with a Conn; by default the wanted id is granted.</summary>
    public Action<TestConnection, ulong>? WhenConn { get; set; }

    /// <summary>What to do with a Request or Message; by default its value comes back.</summary>
    public Action<TestConnection, ReceivedRequest>? WhenRequest { get; set; }

    /// <summary>What to do when asked for a session; by default it is agreed to.</summary>
    public Action<TestConnection, StreamSession, ulong>? WhenSession { get; set; }

    /// <summary>What to do when the peer's half of a session ended; by default this half is ended, too.</summary>
    public Action<TestConnection, StreamSession>? WhenFinished { get; set; }

    /// <summary>Called before stream bytes are taken; false to be offered them again.</summary>
    public Func<TestConnection, StreamSession, bool>? TakesStream { get; set; }

    public Action<TestConnection>? WhenClosed { get; set; }

    public Task<DisconnectReason> Run { get; private set; } = Task.FromResult(DisconnectReason.None);

    public ulong ClientId { get; private set; }

    public string ConnMeta { get; private set; } = "";

    public (bool Accepted, ulong ClientId, string Error)? ConnAnswer { get; private set; }

    public ConcurrentQueue<ReceivedRequest> Requests { get; } = [];

    public ConcurrentQueue<Outcome> Outcomes { get; } = [];

    public ConcurrentQueue<ulong> Canceled { get; } = [];

    public ConcurrentQueue<string> Registered { get; } = [];

    public ConcurrentQueue<StreamSession> Opened { get; } = [];

    public ConcurrentQueue<ulong> Finished { get; } = [];

    public ConcurrentQueue<(ulong Id, string Error)> OpenAnswers { get; } = [];

    public int ClosedCount => Volatile.Read(ref _closedCount);

    public TestConnection Start()
    {
        Run = Task.Run(RunAsync);
        return this;
    }

    public void Dial(ulong wantedId = 0, string meta = "", double heartbeatSeconds = 20) => SendConn(wantedId, Wire.Utf8(meta), TimeSpan.FromSeconds(heartbeatSeconds));

    public bool LetIn(ulong id) => Accept(id);

    public void TurnAway(string error) => Refuse(0, error);

    public byte[] StreamBytes(ulong session)
    {
        var stream = _streams.GetOrAdd(session, _ => new MemoryStream());
        lock (stream)
        {
            return stream.ToArray();
        }
    }

    public SendOutcome Call(string method, string payload = "", ulong origin = 0, ulong session = RootSessionId, long deadline = long.MaxValue, IReplySink? sink = null, ulong source = 0) =>
        TrySend(
            FrameType.Request,
            new MessageBody { SessionId = session, IsBinary = true, Key = Wire.Utf8(method), Value = Wire.Utf8(payload) },
            new PendingReply { Sink = sink ?? this, OriginPacketId = origin, Deadline = deadline, Source = source });

    public SendOutcome Publish(string topic, string payload = "", ulong origin = 0, ulong session = RootSessionId, long deadline = long.MaxValue, ulong source = 0) =>
        TrySend(
            FrameType.Message,
            new MessageBody { SessionId = session, IsBinary = true, Topic = Wire.Utf8(topic), Value = Wire.Utf8(payload) },
            new PendingReply { Sink = this, OriginPacketId = origin, Deadline = deadline, Source = source });

    public SendOutcome RegisterMethod(string method, ulong origin = 0) =>
        TryRegister(RootSessionId, Wire.Utf8(method), new PendingReply { Sink = this, OriginPacketId = origin, Deadline = long.MaxValue });

    public SendOutcome Open(string peer = "", string meta = "", ulong origin = 0, long deadline = long.MaxValue) =>
        TryOpenSession(
            new SessionBody { Peer = JsonText.Escape(peer), Meta = Base64Text.Encode(Wire.Utf8(meta)) },
            new PendingReply { Sink = this, OriginPacketId = origin, Deadline = deadline });

    public void Cancel(ulong origin) => CancelPending(this, origin);

    public bool Take(ulong packetId, GeminioConnection? target = null) => TryTake(packetId, target);

    public void Turn(ReceivedRequest request, string error, int? code = null) =>
        Reject(request.Type, request.PacketId, request.SessionId, Base64Text.Encode(Wire.Utf8(request.Key)), JsonText.Escape(error), code);

    public bool AskToMove(TimeSpan patience, byte[] token) => TryAskToMove(patience, token);

    public void TurnAway(string error, int code) => Refuse(0, error, code);

    public void Reply(ReceivedRequest request, string value = "", string error = "") =>
        Answer(AnswerTo(request.Type), request.PacketId, new MessageBody
        {
            SessionId = request.SessionId,
            IsBinary = true,
            Key = Wire.Utf8(request.Key),
            Value = Wire.Utf8(value),
            Error = Wire.Utf8(error),
        });

    public void Stream(StreamSession session, byte[] data) => SendStream(session, new ReadOnlySequence<byte>(data));

    public void Stall(Task until) => StallReading(until);

    public void OnReply(GeminioConnection source, in PendingReply pending, FrameType type, ReadOnlySpan<byte> body)
    {
        if (type == FrameType.SessionAck)
        {
            var ack = SessionBody.ParseSessionAck(body);
            if (ack.Error.IsEmpty)
            {
                Opened.Enqueue(AddSession(ack.SessionId, this));
            }

            OpenAnswers.Enqueue((ack.SessionId, JsonText.Decode(ack.Error, ack.ErrorEscaped)));
        }
        else if (type is FrameType.Response or FrameType.MessageAck)
        {
            _ = MessageBody.Parse(body);
        }

        Outcomes.Enqueue(new Outcome(pending.OriginPacketId, type, null, body.ToArray()));
    }

    public void OnReplyLost(GeminioConnection source, in PendingReply pending, ReplyLoss loss) => Outcomes.Enqueue(new Outcome(pending.OriginPacketId, null, loss, []));

    protected override void OnConn(in ConnBody conn)
    {
        ClientId = conn.ClientId;
        ConnMeta = Wire.Text(Base64Text.Decode(conn.Meta));
        if (WhenConn is null)
        {
            Accept(conn.ClientId);
        }
        else
        {
            WhenConn(this, conn.ClientId);
        }
    }

    protected override void OnConnAck(in ConnBody ack) => ConnAnswer = (ack.Accepted, ack.ClientId, JsonText.Decode(ack.Error, ack.ErrorEscaped));

    protected override void OnRequest(FrameType type, ulong packetId, StreamSession? session, in MessageBody body)
    {
        var request = new ReceivedRequest(
            type, packetId, body.SessionId, Wire.Text(body.DecodeKey()), Wire.Text(body.DecodeValue()), JsonText.Decode(body.Topic, body.TopicEscaped));
        Requests.Enqueue(request);
        if (WhenRequest is not null)
        {
            WhenRequest(this, request);
        }
        else if (TryTake(packetId, null))
        {
            Reply(request, request.Value);
        }
        else
        {
            Turn(request, "too many in flight");
        }
    }

    public ConcurrentQueue<(TimeSpan Patience, byte[] Token)> Moves { get; } = new();

    protected override void OnMove(TimeSpan patience, ReadOnlySpan<byte> token) => Moves.Enqueue((patience, token.ToArray()));

    protected override void OnCanceled(ulong packetId) => Canceled.Enqueue(packetId);

    protected override void OnRegister(ulong packetId, ulong sessionId, ReadOnlySpan<byte> method)
    {
        Registered.Enqueue(Wire.Text(method));
        AnswerRegister(packetId, sessionId);
    }

    protected override void OnSessionOpen(StreamSession session, ulong packetId, in SessionBody body)
    {
        if (WhenSession is not null)
        {
            WhenSession(this, session, packetId);
            return;
        }

        session.Owner = this;
        Opened.Enqueue(session);
        AcceptSession(session, packetId);
    }

    protected override bool OnStream(StreamSession session, in ReadOnlySequence<byte> data)
    {
        if (TakesStream is not null && !TakesStream(this, session))
        {
            return false;
        }

        var stream = _streams.GetOrAdd(session.Id, _ => new MemoryStream());
        lock (stream)
        {
            stream.Write(data.ToArray());
        }

        return true;
    }

    protected override void OnSessionFinished(StreamSession session)
    {
        Finished.Enqueue(session.Id);
        if (WhenFinished is not null)
        {
            WhenFinished(this, session);
        }
        else
        {
            Dismiss(session);
        }
    }

    protected override void OnClosed(DisconnectReason reason)
    {
        Interlocked.Increment(ref _closedCount);
        WhenClosed?.Invoke(this);
    }

    protected override void AbortTransport() => transport.Abort();
}
