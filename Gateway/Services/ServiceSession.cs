using System.Text;
using Frontier.GrainInterfaces;
using Frontier.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>A service's connection: its login, the methods and topics it takes, and what it asks of edges.</summary>
internal sealed partial class ServiceSession : PeerSession, IServiceLink
{
    // Registrations waiting for the catalog; with more, the peer is not read until some are through.
    private const int MaxRegistering = 64;

    private readonly Lock _methodsGate = new();
    private readonly List<string> _methods = [];
    private string[] _topics = [];
    private byte[] _meta = [];
    private int _registering;

    public ServiceSession(ConnectionContext transport, GatewayCore gateway)
        : base(transport, gateway, PeerKind.Service)
    {
    }

    /// <summary>The service's id; 0 until the login has found it.</summary>
    public ulong ServiceId { get; private set; }

    /// <summary>The service's name; may be empty.</summary>
    public string Name { get; private set; } = string.Empty;

    protected override ILogger Logger => Gateway.ServiceLogger;

    /// <inheritdoc/>
    public ServiceDescription Describe() => new(ServiceId, Epoch, Gateway.Identity.GatewayId, Address, Name, ConnectedAt, Methods(), _topics);

    /// <summary>The service as it is now, for the catalog.</summary>
    public CatalogEntry ToCatalogEntry() => new(ServiceId, Epoch, Gateway.Identity.GatewayId, Name, Methods(), _topics);

    /// <inheritdoc/>
    protected override void OnConn(in ConnBody conn)
    {
        _meta = Base64Text.Decode(conn.Meta);
        _ = LogInAsync(conn.ClientId);
    }

    /// <inheritdoc/>
    protected override void OnRegister(ulong packetId, ulong sessionId, ReadOnlySpan<byte> method)
    {
        if (sessionId != RootSessionId)
        {
            AnswerRegister(packetId, sessionId);
            return;
        }

        var name = Encoding.UTF8.GetString(method);
        bool isNew;
        lock (_methodsGate)
        {
            isNew = !_methods.Contains(name);
            if (isNew)
            {
                if (_methods.Count >= Options.MaxMethods)
                {
                    OnLimitReached(ConnectionLimit.TooManyMethods);
                    AnswerRegister(packetId, sessionId, "too many methods"u8);
                    return;
                }

                _methods.Add(name);
            }
        }

        if (!isNew && Volatile.Read(ref _registering) == 0)
        {
            AnswerRegister(packetId, sessionId); // The catalog has it already.
            return;
        }

        var registering = Interlocked.Increment(ref _registering);
        var registered = Gateway.Background.RunAsync(() => AnswerWhenKnownAsync(packetId, sessionId));
        if (registering > MaxRegistering)
        {
            StallReading(registered);
        }
    }

    /// <inheritdoc/>
    protected override void Route(FrameType type, ulong packetId, in MessageBody body)
    {
        Span<byte> tail = stackalloc byte[Base64Text.MaxTailLength];
        if (!Base64Text.TryCutId(body.Custom, tail, out var edgeId, out var keep, out var length))
        {
            RejectError(type, packetId, body, Outcome.Refused, FrontierErrorText.IllegalEdgeId);
            return;
        }

        if (Gateway.Edges.Find(edgeId) is { } edge)
        {
            scoped MessageBody forwarded = body;
            forwarded.Custom = body.Custom[..keep];
            forwarded.CustomTail = tail[..length];
            if (!TryForward(type, packetId, body.SessionId, edge, forwarded, body.EffectiveDeadline))
            {
                RejectError(type, packetId, body, Outcome.NotOnline, FrontierErrorText.EdgeNotOnline);
            }

            return;
        }

        SendThroughEdge(type, packetId, body, edgeId);
    }

    /// <inheritdoc/>
    protected override void OnSessionOpen(StreamSession session, ulong packetId, in SessionBody body)
    {
        var wanted = JsonText.DecodeUtf8(body.Peer, body.PeerEscaped);
        EdgeSession? edge = null;
        var isId = System.Buffers.Text.Utf8Parser.TryParse(wanted, out ulong edgeId, out var used) && used == wanted.Length;
        if (isId)
        {
            edge = Gateway.Edges.Find(edgeId);
        }

        OpenStream(
            session,
            packetId,
            edge,
            new SessionBody { Meta = body.Meta, Peer = JsonText.Escape(Name), PeerId = ServiceId },
            isId ? FrontierErrorText.EdgeNotOnline : FrontierErrorText.IllegalEdgeId);
    }

    /// <inheritdoc/>
    protected override void OnOffline() => Depart();

    // A method of its own: what a lambda captures is allocated where the captured variable begins, which in Route is before it is known that it will be needed.
    private void SendThroughEdge(FrameType type, ulong packetId, in MessageBody body, ulong edgeId) =>
        ForwardThroughGrain(type, packetId, body, async forward =>
        {
            var grain = Gateway.Grains.GetEdge(edgeId);
            var custom = forward.Custom[..^sizeof(ulong)];
            if (type == FrameType.Request)
            {
                var result = await grain.CallAsync(new CallRequest(Encoding.UTF8.GetString(forward.Method), forward.Payload, custom, forward.Remaining));
                // As on the way from socket to socket: an answer that has custom bytes says whose they are.
                return result.Custom.IsEmpty ? result : result with { Custom = EdgeIdTail.Append(result.Custom.Span, edgeId) };
            }

            await grain.PublishAsync(new MessageRequest(forward.Topic, forward.Payload, custom, forward.Remaining));
            return default;
        });

    // The answer means that an edge's next call finds the method.
    private async Task AnswerWhenKnownAsync(ulong packetId, ulong sessionId)
    {
        try
        {
            if (Gateway.Catalog.TryPut(this, out _, out var known))
            {
                await known;
            }

            AnswerRegister(packetId, sessionId);
        }
        finally
        {
            Interlocked.Decrement(ref _registering);
        }
    }

    private string[] Methods()
    {
        lock (_methodsGate)
        {
            return [.. _methods];
        }
    }
}
