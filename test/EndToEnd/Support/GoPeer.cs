using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Support;

/// <summary>
/// An edge or a service as the Go SDK is one on the wire: its frames, its packet ids, its answers to what the gateway asks; with the rest left
/// to the test. Calls to its methods are answered on its read loop.
/// </summary>
internal sealed class GoPeer : RawPeer
{
    private readonly ConcurrentDictionary<string, Func<GoFrame, GoFrame?>> _methods = [];
    private readonly Lock _sending = new();
    private uint _counter = ((uint)Random.Shared.Next() & ~1u) | 1;
    private Task _sent = Task.CompletedTask;

    private GoPeer(Socket socket)
        : base(socket, null)
    {
    }

    /// <summary>The id the gateway gave.</summary>
    public ulong Id { get; private set; }

    /// <summary>Answers a message; by default it stays in the inbox.</summary>
    public Func<GoFrame, GoFrame?>? OnMessage { get; set; }

    /// <summary>How far ahead its clock is.</summary>
    public TimeSpan Ahead { get; set; }

    /// <summary>Its clock.</summary>
    public DateTimeOffset Now => DateTimeOffset.UtcNow + Ahead;

    /// <summary>Connects without logging in.</summary>
    public static async Task<GoPeer> DialAsync(TestGateway gateway, PeerSide side, int receiveBufferBytes = 0) =>
        new(await DialAsync(gateway.PortOf(side), receiveBufferBytes));

    /// <summary>An edge that is online.</summary>
    public static async Task<GoPeer> EdgeAsync(TestGateway gateway, byte[]? meta = null, ulong wantedId = 0, int receiveBufferBytes = 0, byte heartbeatCode = 1, TimeSpan ahead = default)
    {
        var peer = await DialAsync(gateway, PeerSide.Edge, receiveBufferBytes);
        peer.Ahead = ahead;
        await peer.LogInAsync(meta ?? [], wantedId, heartbeatCode);
        return peer;
    }

    /// <summary>A service that is online.</summary>
    public static async Task<GoPeer> ServiceAsync(
        TestGateway gateway, string name = "", string[]? topics = null, ulong wantedId = 0, int receiveBufferBytes = 0, byte heartbeatCode = 1, TimeSpan ahead = default)
    {
        var peer = await DialAsync(gateway, PeerSide.Service, receiveBufferBytes);
        peer.Ahead = ahead;
        await peer.LogInAsync(ServiceMeta(name, topics), wantedId, heartbeatCode);
        return peer;
    }

    /// <summary>What a Go service connects with.</summary>
    public static byte[] ServiceMeta(string name, string[]? topics = null) =>
        JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object?> { ["service"] = name, ["topics"] = topics });

    /// <summary>The next packet id of this side: odd steps of two.</summary>
    public ulong NextPacketId()
    {
        lock (_sending)
        {
            _counter += 2;
            return ((ulong)Now.ToUnixTimeSeconds() << 32) | _counter;
        }
    }

    /// <summary>Sends Conn and waits for the answer, which must be good.</summary>
    public async Task LogInAsync(byte[] meta, ulong wantedId = 0, byte heartbeatCode = 1)
    {
        var ack = await TryLogInAsync(meta, wantedId, heartbeatCode);
        Assert.That(ack.IsAccepted, Is.True, ack.Error);
        Id = ack.ClientId;
    }

    /// <summary>Sends Conn and waits for the answer, whatever it is.</summary>
    public async Task<GoFrame> TryLogInAsync(byte[] meta, ulong wantedId = 0, byte heartbeatCode = 1)
    {
        var conn = GoFrame.Conn(NextPacketId(), meta, wantedId, heartbeatCode);
        await PostAsync(conn);
        return await TakeAsync(FrameType.ConnAck, conn.PacketId);
    }

    /// <summary>Sends a frame, in order with those that the read loop sends.</summary>
    public Task PostAsync(GoFrame frame)
    {
        lock (_sending)
        {
            return _sent = SendNextAsync(_sent, frame);
        }
    }

    /// <summary>Serves a method: registers it and answers calls of it.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="serve">Makes the answer, or null to leave the call unanswered and in the inbox. Must not block.</param>
    /// <param name="sessionId">The session to serve it on.</param>
    public async Task ServeAsync(string method, Func<GoFrame, GoFrame?> serve, ulong sessionId = GoFrame.Root)
    {
        Handle(method, serve);
        var register = GoFrame.Register(NextPacketId(), method, sessionId);
        await PostAsync(register);
        var ack = await TakeAsync(FrameType.RegisterAck, register.PacketId);
        Assert.That(ack.Error, Is.Empty);
    }

    /// <summary>Answers calls of a method without registering it.</summary>
    public void Handle(string method, Func<GoFrame, GoFrame?> serve) => _methods[method] = serve;

    /// <summary>Serves a method that answers with what it was sent.</summary>
    public Task ServeEchoAsync(string method) => ServeAsync(method, request => Respond(request, request.Payload));

    /// <summary>The answer to a call.</summary>
    public static GoFrame Respond(GoFrame request, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> custom = default, string error = "") =>
        GoFrame.Data(FrameType.Response, request.PacketId, request.SessionId, request.Method, payload, custom: custom, error: error);

    /// <summary>The answer to a message.</summary>
    public static GoFrame Acknowledge(GoFrame message, string error = "") => GoFrame.Data(FrameType.MessageAck, message.PacketId, message.SessionId, error: error);

    /// <summary>Sends a call without waiting for the answer; gives its packet id.</summary>
    public async Task<ulong> StartCallAsync(
        string method, ReadOnlyMemory<byte> payload = default, ReadOnlyMemory<byte> custom = default, ulong sessionId = GoFrame.Root, string deadline = GoFrame.ZeroTime)
    {
        var request = GoFrame.Data(FrameType.Request, NextPacketId(), sessionId, method, payload.Span, custom: custom.Span, contextDeadline: deadline);
        NextPacketId(); // Go uses one number more for each request and message.
        await PostAsync(request);
        return request.PacketId;
    }

    /// <summary>Calls a method and gives the Response.</summary>
    public async Task<GoFrame> CallAsync(
        string method, ReadOnlyMemory<byte> payload = default, ReadOnlyMemory<byte> custom = default, ulong sessionId = GoFrame.Root, string deadline = GoFrame.ZeroTime) =>
        await TakeAsync(FrameType.Response, await StartCallAsync(method, payload, custom, sessionId, deadline));

    /// <summary>Sends a message and gives the MessageAck.</summary>
    public async Task<GoFrame> PublishAsync(string topic, ReadOnlyMemory<byte> payload, ReadOnlyMemory<byte> custom = default, ulong sessionId = GoFrame.Root)
    {
        var message = GoFrame.Data(FrameType.Message, NextPacketId(), sessionId, payload: payload.Span, topic: topic, custom: custom.Span);
        NextPacketId();
        await PostAsync(message);
        return await TakeAsync(FrameType.MessageAck, message.PacketId);
    }

    /// <summary>Asks for a stream and gives the SessionAck.</summary>
    public async Task<GoFrame> OpenStreamAsync(string peer, ReadOnlyMemory<byte> meta = default)
    {
        var packetId = NextPacketId();
        await PostAsync(GoFrame.Session(packetId, packetId, peer, meta.Span));
        return await TakeAsync(FrameType.SessionAck, packetId);
    }

    /// <summary>Agrees to a stream that the gateway asks for; gives its Session frame.</summary>
    public async Task<GoFrame> AcceptStreamAsync()
    {
        var session = await TakeAsync(FrameType.Session);
        await PostAsync(GoFrame.SessionAck(session.PacketId, session.NegotiateId));
        return session;
    }

    /// <summary>Sends Dismiss for a session and waits until it is acknowledged.</summary>
    public async Task DismissAsync(ulong sessionId)
    {
        var dismiss = GoFrame.OfSession(FrameType.Dismiss, NextPacketId(), sessionId);
        await PostAsync(dismiss);
        await TakeAsync(FrameType.DismissAck, dismiss.PacketId);
    }

    /// <summary>Closes as a Go end does: session 1, then the connection.</summary>
    public async Task CloseAsync()
    {
        await DismissAsync(GoFrame.Root);
        var disconnect = GoFrame.Empty(FrameType.DisConn, NextPacketId());
        await PostAsync(disconnect);
        await TakeAsync(FrameType.DisConnAck, disconnect.PacketId);
        await EndedAsync();
    }

    protected override bool OnFrame(GoFrame frame)
    {
        var answer = frame.Type switch
        {
            FrameType.Request => _methods.TryGetValue(frame.Method, out var serve)
                ? serve(frame)
                : Respond(frame, default, error: $"no such rpc: {frame.Method}"),
            FrameType.Message => OnMessage?.Invoke(frame),
            FrameType.Dismiss => GoFrame.OfSession(FrameType.DismissAck, frame.PacketId, frame.SessionId),
            FrameType.DisConn => GoFrame.DisConnAck(frame.PacketId),
            _ => null,
        };
        if (answer is null)
        {
            return false;
        }

        _ = PostAsync(answer);
        // A Dismiss is answered of itself, and the test may still want to see that it came.
        return frame.Type is FrameType.Request or FrameType.Message;
    }

    private async Task SendNextAsync(Task previous, GoFrame frame)
    {
        await previous;
        await TrySendAsync(frame.Bytes);
    }
}
