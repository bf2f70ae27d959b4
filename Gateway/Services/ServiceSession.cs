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
    protected override ulong Source => ServiceId;

    /// <inheritdoc/>
    public ServiceDescription Describe() => new(ServiceId, Epoch, Gateway.Identity.GatewayId, Address, Name, ConnectedAt, Methods(), _topics);

    /// <summary>The service as it is now, for the catalog.</summary>
    public CatalogEntry ToCatalogEntry() => new(ServiceId, Epoch, Gateway.Identity.GatewayId, Name, Methods(), _topics);

    /// <summary>What the service connected with.</summary>
    public ReadOnlyMemory<byte> Meta => _meta;

    /// <inheritdoc/>
    protected override void OnConn(in ConnBody conn)
    {
        _meta = Base64Text.Decode(conn.Meta);
        // A service of the SDK always sends a meta, and announces that it may have messages kept. A plain one may have neither.
        if (_meta.Length == 0 && conn.Features != PeerFeatures.None && (conn.Features & PeerFeatures.Keep) == 0)
        {
            TurnAway("this port is for services; edges connect to the one of edgebound.listen", "wrong_port");
            return;
        }

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
        scoped MessageBody forwarded = body;
        if (!forwarded.TryCutId(tail, out var edgeId))
        {
            RejectError(type, packetId, body, Outcome.Refused, FrontierErrorText.IllegalEdgeId);
            return;
        }

        if (IsKeep(type, body))
        {
            KeepForEdge(packetId, body, edgeId);
            return;
        }

        if (Gateway.Edges.Find(edgeId) is { } edge)
        {
            if (TryForward(type, packetId, body.SessionId, edge, forwarded))
            {
                return;
            }

            if (!Gateway.Sessions.IsStopping)
            {
                RejectError(type, packetId, body, Outcome.NotOnline, FrontierErrorText.EdgeNotOnline);
                return;
            }

            (forwarded.Edge, forwarded.Service) = (edgeId, ServiceId);
            WaitForRoute(type, packetId, forwarded);
            return;
        }

        (forwarded.Edge, forwarded.Service) = (edgeId, ServiceId); // To whom, and from whom: the other gateway shares the edge among services.
        if (Gateway.EdgeRoutes.Find(edgeId) is not { } trunk || !TryForward(type, packetId, body.SessionId, trunk, forwarded))
        {
            WaitForRoute(type, packetId, forwarded);
        }
    }

    /// <summary>A frame that has waited for the way to its edge goes on.</summary>
    /// <param name="type">Request or Message.</param>
    /// <param name="packetId">The id it came with.</param>
    /// <param name="body">The body as it goes on.</param>
    /// <param name="target">The trunk to the edge, or its session; null when it is not online.</param>
    /// <param name="isRetry">Whether it was brought back before.</param>
    public void SendOn(FrameType type, ulong packetId, scoped MessageBody body, ForwardingConnection? target, bool isRetry)
    {
        var edgeId = body.Edge;
        if (target is EdgeSession)
        {
            body.Edge = body.Service = 0; // Said between gateways only.
        }

        // Taken until now without a target; from here on a cancellation can follow it.
        if (!Release(packetId))
        {
            return; // The service gave up meanwhile and has been answered.
        }

        if (target is not null && TryForward(type, packetId, RootSessionId, target, body, isRetry))
        {
            return;
        }

        if (target is not null && (!isRetry || Gateway.Leaving.IsAny) && TryTake(packetId, null))
        {
            // It went away in this very moment.
            (body.Edge, body.Service) = (edgeId, ServiceId);
            if (TryKeep(type, packetId, body, isRetry: true) is { } frame)
            {
                _ = WaitAgainAsync(edgeId, frame);
            }
        }
        else
        {
            RejectError(type, packetId, body, Outcome.NotOnline, FrontierErrorText.EdgeNotOnline);
        }
    }

    /// <inheritdoc/>
    protected override void OnSessionOpen(StreamSession session, ulong packetId, in SessionBody body)
    {
        var wanted = JsonText.DecodeUtf8(body.Peer, body.PeerEscaped);
        if (!System.Buffers.Text.Utf8Parser.TryParse(wanted, out ulong edgeId, out var used) || used != wanted.Length)
        {
            RefuseStream(session, packetId, Outcome.NotOnline, FrontierErrorText.IllegalEdgeId);
            return;
        }

        var request = new SessionBody { Meta = body.Meta, Peer = JsonText.Escape(Name), PeerId = ServiceId };
        if (Gateway.Edges.Find(edgeId) is { } edge && TryOpenStream(session, packetId, edge, request))
        {
            return;
        }

        session.Owner = this;
        _ = OpenElsewhereAsync(session, packetId, body.Meta.ToArray(), edgeId, isRetry: false);
    }

    /// <inheritdoc/>
    protected override void OnBroughtBack(in PendingReply pending, in MessageBody frame, Trunk from)
    {
        // Once is enough, but where edges are just being moved.
        if (frame.Edge == 0 || (pending.IsRetry && !Gateway.Leaving.IsAny))
        {
            base.OnBroughtBack(pending, frame, from);
            return;
        }

        // The edge has moved, or is about to: once more, to where it is now.
        Gateway.EdgeRoutes.Forget(frame.Edge, from);
        var again = frame;
        KeepLimit(ref again, pending, from);
        again.Error = default;
        again.ErrorCode = null;
        Wait(pending.Type, pending.OriginPacketId, again, isRetry: true);
    }

    /// <inheritdoc/>
    protected override void OnOffline() => Depart();

    private void WaitForRoute(FrameType type, ulong packetId, scoped MessageBody forwarded)
    {
        var deadline = Deadlines.From(forwarded.Due, Gateway.ForwardTimeout);
        if (deadline.HasPassed)
        {
            RejectError(type, packetId, forwarded, Outcome.Timeout, FrontierErrorText.Timeout);
            return;
        }

        if (!TryTake(packetId, null))
        {
            RejectError(type, packetId, forwarded, Outcome.RateLimited, FrontierErrorText.RateLimited);
            return;
        }

        forwarded.Due = deadline.Due;
        Wait(type, packetId, forwarded, isRetry: false);
    }

    /// <summary>A frame of this service does not wait any more for the way to its edge.</summary>
    public void ReleaseWaiting(int bytes) => Gateway.EdgeRoutes.Release(bytes);

    private void Wait(FrameType type, ulong packetId, scoped in MessageBody forwarded, bool isRetry)
    {
        if (TryKeep(type, packetId, forwarded, isRetry) is { } frame)
        {
            Wait(forwarded.Edge, frame);
        }
    }

    // Null when too much waits already; it has been answered then.
    private WaitingFrame? TryKeep(FrameType type, ulong packetId, scoped in MessageBody forwarded, bool isRetry)
    {
        var length = forwarded.GetLength(forwarded.OwnForm);
        if (!Gateway.EdgeRoutes.TryReserve(length))
        {
            AnswerError(type, packetId, RootSessionId, forwarded.TextKey, Outcome.SlowConsumer, FrontierErrorText.SlowConsumer);
            return null;
        }

        var body = new byte[length];
        forwarded.Write(body, forwarded.OwnForm);
        return new WaitingFrame(this, type, packetId, body, forwarded.Due, forwarded.IsCallersLimit, isRetry);
    }

    private void Wait(ulong edgeId, WaitingFrame frame)
    {
        if (Gateway.EdgeRoutes.TryWait(edgeId, frame, out var trunk))
        {
            return;
        }

        if (trunk is not null)
        {
            frame.SendOn(trunk);
            return;
        }

        ReleaseWaiting(frame.Length);
        AnswerError(frame.Type, frame.PacketId, RootSessionId, Gateway.Keys.Get(frame.Key), Outcome.SlowConsumer, FrontierErrorText.SlowConsumer);
    }

    private async Task WaitAgainAsync(ulong edgeId, WaitingFrame frame)
    {
        await Task.Delay(EdgeRoutes.RetryDelay);
        Wait(edgeId, frame);
    }

    // The edge is looked up for every stream: the answer may say that it has moved since, and then once more.
    private async Task OpenElsewhereAsync(StreamSession session, ulong packetId, byte[] meta, ulong edgeId, bool isRetry)
    {
        Func<bool>? otherwise = isRetry ? null : () =>
        {
            _ = OpenElsewhereAsync(session, packetId, meta, edgeId, isRetry: true);
            return true;
        };
        try
        {
            var target = await Gateway.EdgeRoutes.LocateAsync(edgeId);
            var request = new SessionBody { Meta = meta, Peer = JsonText.Escape(Name), PeerId = ServiceId, Edge = target is Trunk ? edgeId : 0 };
            if (target is not null && TryOpenStream(session, packetId, target, request, otherwise))
            {
                return;
            }
        }
#pragma warning disable CA1031 // Whatever the cluster's trouble is, the opener gets an answer and the log the cause.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.NotLocated(Logger, edgeId, e);
        }

        RefuseStream(session, packetId, Outcome.NotOnline, FrontierErrorText.EdgeNotOnline);
    }

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
