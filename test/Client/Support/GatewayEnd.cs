using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Text;
using Frontier.Protocol;

namespace Frontier.Client.Tests;

/// <summary>A request or message as the gateway got it.</summary>
internal sealed record Received(
    FrameType Type, ulong PacketId, ulong SessionId, string Method, string Topic, byte[] Payload, byte[] Custom, GoTime Deadline);

/// <summary>A stream at the gateway: what came on it, and whether its end came.</summary>
internal sealed class GatewayStream
{
    public StreamSession? Session { get; private set; }

    public string Peer { get; init; } = "";

    public byte[] Meta { get; init; } = [];

    public Pipe Bytes { get; private set; } = new(new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024));

    /// <summary>What came; with credit, reading it lets more come.</summary>
    public PipeReader Reader { get; private set; } = null!;

    public TaskCompletionSource Finished { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Set when it has one.</summary>
    public SessionReader? Credit { get; private set; }

    public void Attach(StreamSession session)
    {
        Session = session;
        Reader = Bytes.Reader;
        if ((session.Connection.PeerFeatures & PeerFeatures.StreamCredit) != 0)
        {
            Bytes = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
            Reader = Credit = new SessionReader(Bytes.Reader, session.Connection);
            Credit.Attach(session);
        }
    }
}

/// <summary>The gateway's end of one connection in a test: answers as the test says.</summary>
internal sealed class GatewayEnd(SocketDuplexPipe transport, TestGateway gateway, TimerWheel wheel)
    : GeminioConnection(transport, ConnectionRole.Acceptor, gateway.Options, wheel)
{
    private readonly ConcurrentDictionary<ulong, GatewayStream> _streams = new();

    public byte[] Meta { get; private set; } = [];

    public ulong WantedId { get; private set; }

    public byte[] MoveToken { get; private set; } = [];

    public bool AskToMove(TimeSpan patience, byte[] token) => TryAskToMove(patience, token);

    public ConcurrentQueue<Received> Seen { get; } = new();

    public ConcurrentQueue<ulong> CanceledIds { get; } = new();

    public ConcurrentQueue<(ulong SessionId, string Method)> Registered { get; } = new();

    public IReadOnlyCollection<GatewayStream> Streams => [.. _streams.Values];

    /// <summary>While set, nothing is read from the client.</summary>
    public TaskCompletionSource? Deaf { get; set; }

    public long StreamBytes;

    /// <summary>Lets the connection's deadlines pass as if it were later.</summary>
    public void Later(TimeSpan time) => OnTimer(Environment.TickCount64 + (long)time.TotalMilliseconds);

    public void Cut() => Abort(DisconnectReason.Kicked);

    public void Answer(Received request, byte[]? payload = null, byte[]? custom = null, string? error = null, int? code = null) =>
        Answer(
            AnswerTo(request.Type),
            request.PacketId,
            new MessageBody
            {
                SessionId = request.SessionId,
                Value = Base64Text.Encode(payload ?? []),
                Custom = Base64Text.Encode(custom ?? []),
                Error = error is null ? default : JsonText.Escape(error),
                ErrorCode = code,
            });

    public Task<Reply> CallAsync(string method, byte[] payload, byte[]? custom = null, DateTime? deadline = null, ulong sessionId = RootSessionId) =>
        CallAsync(method, payload, custom, deadline, sessionId, out _);

    public Task<Reply> CallAsync(string method, byte[] payload, byte[]? custom, DateTime? deadline, ulong sessionId, out ReplyTask reply) =>
        Send(
            FrameType.Request,
            new MessageBody
            {
                SessionId = sessionId,
                Key = Base64Text.Encode(Encoding.UTF8.GetBytes(method)),
                Value = Base64Text.Encode(payload),
                Custom = Base64Text.Encode(custom ?? []),
                ContextDeadline = deadline is { } time ? GoTime.FromUtcTicks(time.Ticks) : default,
            },
            out reply);

    public Task<Reply> PublishAsync(string topic, byte[] payload, byte[]? custom = null, ulong sessionId = RootSessionId) =>
        Send(
            FrameType.Message,
            new MessageBody { SessionId = sessionId, Topic = JsonText.Escape(topic), Value = Base64Text.Encode(payload), Custom = Base64Text.Encode(custom ?? []) },
            out _);

    public Task<Reply> RegisterAsync(string method, ulong sessionId)
    {
        var reply = new ReplyTask();
        Assert.That(TryRegister(sessionId, Encoding.UTF8.GetBytes(method), reply.ToPending()), Is.EqualTo(SendOutcome.Sent));
        return reply.Task;
    }

    public async Task<GatewayStream> OpenAsync(string peer, byte[] meta, ulong peerId = 0)
    {
        var stream = new GatewayStream { Peer = peer, Meta = meta };
        var reply = new ReplyTask(id => _streams[id] = stream);
        Assert.That(
            TryOpenSession(new SessionBody { Peer = JsonText.Escape(peer), PeerId = peerId, Meta = Base64Text.Encode(meta) }, reply.ToPending()),
            Is.EqualTo(SendOutcome.Sent));
        var ack = await reply.Task.InTime();
        Assert.That(ack.Error, Is.Empty);
        return stream;
    }

    public async Task SendAsync(GatewayStream stream, ReadOnlyMemory<byte> data, int partBytes = 10_000)
    {
        while (!data.IsEmpty)
        {
            while (!CanSendStream(stream.Session!))
            {
                await WhenStreamWritableAsync(stream.Session!).InTime();
            }

            var part = data[..Math.Min(partBytes, data.Length)];
            SendStream(stream.Session!, new ReadOnlySequence<byte>(part));
            data = data[part.Length..];
        }
    }

    protected override void OnConn(in ConnBody conn)
    {
        Meta = Base64Text.Decode(conn.Meta);
        WantedId = conn.ClientId;
        MoveToken = Base64Text.Decode(conn.MoveToken);
        switch (gateway.Login)
        {
            case TestLogin.Accept:
                Accept(gateway.GiveId(conn.ClientId));
                break;
            case TestLogin.Refuse:
                Refuse(0, gateway.RefusalText, gateway.RefusalCode);
                break;
            case TestLogin.Ignore:
                break;
        }
    }

    protected override void OnRequest(FrameType type, ulong packetId, StreamSession? session, in MessageBody body)
    {
        Assert.That(TryTake(packetId, null));
        var request = new Received(
            type,
            packetId,
            body.SessionId,
            Encoding.UTF8.GetString(body.DecodeKey()),
            JsonText.Decode(body.Topic, body.TopicEscaped),
            body.DecodeValue(),
            body.DecodeCustom(),
            body.Due == 0 ? default : GoTime.FromUtcTicks(DateTime.UtcNow.AddMilliseconds(body.Due - Environment.TickCount64).Ticks));
        Seen.Enqueue(request);
        gateway.OnRequest(this, request);
        if (Deaf is { } deaf)
        {
            StallReading(deaf.Task);
        }
    }

    protected override void OnCanceled(ulong packetId)
    {
        CanceledIds.Enqueue(packetId);
        Answer(FrameType.Response, packetId, new MessageBody { SessionId = RootSessionId, Error = "context canceled"u8 });
    }

    protected override void OnRegister(ulong packetId, ulong sessionId, ReadOnlySpan<byte> method)
    {
        var name = Encoding.UTF8.GetString(method);
        Registered.Enqueue((sessionId, name));
        AnswerRegister(packetId, sessionId, name == "forbidden" ? "not allowed"u8 : default);
    }

    protected override void OnSessionOpen(StreamSession session, ulong packetId, in SessionBody body)
    {
        var peer = JsonText.Decode(body.Peer, body.PeerEscaped);
        if (peer == "nobody")
        {
            RefuseSession(session, packetId, "service not online"u8);
            return;
        }

        var stream = new GatewayStream { Peer = peer, Meta = Base64Text.Decode(body.Meta) };
        stream.Attach(session);
        session.Owner = _streams[session.Id] = stream;
        if (gateway.HoldSessions is { } hold)
        {
            _ = AcceptLaterAsync(session, packetId, hold);
        }
        else
        {
            AcceptSession(session, packetId);
        }
    }

    protected override bool OnStream(StreamSession session, in ReadOnlySequence<byte> data)
    {
        var stream = (GatewayStream)session.Owner!;
        stream.Credit?.Add(data.Length);
        foreach (var segment in data)
        {
            stream.Bytes.Writer.Write(segment.Span);
        }

        Interlocked.Add(ref StreamBytes, data.Length);
        var flush = stream.Bytes.Writer.FlushAsync();
        if (!flush.IsCompleted)
        {
            StallReading(flush.AsTask());
        }

        return true;
    }

    protected override void OnSessionFinished(StreamSession session)
    {
        var stream = (GatewayStream)session.Owner!;
        stream.Bytes.Writer.Complete();
        stream.Finished.TrySetResult();
    }

    protected override void AbortTransport() => transport.Abort();

    private async Task AcceptLaterAsync(StreamSession session, ulong packetId, Task hold)
    {
        await hold;
        AcceptSession(session, packetId);
    }

    private Task<Reply> Send(FrameType type, in MessageBody body, out ReplyTask reply)
    {
        reply = new ReplyTask();
        Assert.That(TrySend(type, body, reply.ToPending()), Is.EqualTo(SendOutcome.Sent));
        return reply.Task;
    }
}
