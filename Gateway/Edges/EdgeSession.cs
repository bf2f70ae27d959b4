using System.Security.Cryptography;
using System.Text;
using Frontier.GrainInterfaces;
using Frontier.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>An edge's connection: its login, what it asks of services, and what is known of it.</summary>
internal sealed partial class EdgeSession : PeerSession, IEdgeLink
{
    private byte[] _meta = [];
    private byte[] _shownToken = [];
    private readonly Lock _methodsGate = new();
    private List<byte[]>? _methods;

    public EdgeSession(ConnectionContext transport, GatewayCore gateway)
        : base(transport, gateway, PeerKind.Edge)
    {
    }

    /// <summary>The edge's id; 0 until the login has found it.</summary>
    public ulong EdgeId { get; private set; }

    /// <summary>The bytes the edge connected with.</summary>
    public ReadOnlyMemory<byte> Meta => _meta;

    protected override ILogger Logger => Gateway.EdgeLogger;

    /// <inheritdoc/>
    protected override ulong Source => EdgeId;

    /// <inheritdoc/>
    public EdgeDescription Describe()
    {
        string[] methods;
        lock (_methodsGate)
        {
            methods = [.. (_methods ?? []).Select(Encoding.UTF8.GetString)];
        }

        return new EdgeDescription(EdgeId, Epoch, Gateway.Identity.GatewayId, Address, _meta, ConnectedAt, methods);
    }

    /// <inheritdoc/>
    public bool IsMovingWith(ReadOnlySpan<byte> token) => MoveToken is { } given && CryptographicOperations.FixedTimeEquals(given, token);

    /// <inheritdoc/>
    public async Task<bool> ProbeAsync()
    {
        if (await base.ProbeAsync(Gateway.Edgebound.ProbeTimeout))
        {
            return true;
        }

        Log.Silent(Logger, Epoch, EdgeId, Address, Gateway.Edgebound.ProbeTimeout);
        Interlocked.CompareExchange(ref _departed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), null);
        Abort(DisconnectReason.HeartbeatTimeout);
        await Task.WhenAny(_departed.Task, Task.Delay(Gateway.Edgebound.ProbeTimeout));
        return false;
    }

    /// <inheritdoc/>
    protected override void OnConn(in ConnBody conn)
    {
        _meta = Base64Text.Decode(conn.Meta);
        _shownToken = Base64Text.Decode(conn.MoveToken);
        if ((conn.Features & PeerFeatures.Keep) != 0)
        {
            TurnAway("this port is for edges; services connect to the one of servicebound.listen", "wrong_port"); // Only services announce it.
            return;
        }

        _ = LogInAsync(conn.ClientId);
    }

    /// <inheritdoc/>
    protected override void OnRegister(ulong packetId, ulong sessionId, ReadOnlySpan<byte> method)
    {
        if (sessionId == RootSessionId)
        {
            lock (_methodsGate)
            {
                _methods ??= [];
                if (!Contains(_methods, method))
                {
                    if (_methods.Count >= Options.MaxMethods)
                    {
                        OnLimitReached(ConnectionLimit.TooManyMethods);
                        AnswerRegister(packetId, sessionId, "too many methods"u8);
                        return;
                    }

                    _methods.Add(Gateway.Keys.Get(method));
                }
            }
        }

        // Methods inside a stream are between its two ends: a call of one that is not there is answered by the far end.
        AnswerRegister(packetId, sessionId);
    }

    /// <inheritdoc/>
    protected override void Route(FrameType type, ulong packetId, in MessageBody body)
    {
        if (type == FrameType.Message)
        {
            RouteMessage(packetId, body);
            return;
        }

        var services = Gateway.Catalog.Directory.FindMethod(body.Key, body.IsBinary);
        if (services is null or { IsReserved: true })
        {
            RejectError(type, packetId, body, services is null ? Outcome.NotOnline : Outcome.Refused, FrontierErrorText.RecordNotFound);
            return;
        }

        ForwardToOne(type, packetId, services, body);
    }

    private void ForwardToOne(FrameType type, ulong packetId, ServiceSet services, in MessageBody body)
    {
        // The same edge goes to the same instance while the set is stable; an instance that is just leaving is passed over.
        var instances = services.Instances;
        var first = services.Choose(ChoiceNumber());
        for (var i = 0; i < instances.Length; i++)
        {
            if (TryForwardTo(type, packetId, instances[(first + i) % instances.Length], body))
            {
                return;
            }
        }

        RejectError(type, packetId, body, Outcome.NotOnline, type == FrameType.Request ? FrontierErrorText.RpcNotOnline : FrontierErrorText.TopicNotOnline);
    }

    /// <inheritdoc/>
    protected override void OnSessionOpen(StreamSession session, ulong packetId, in SessionBody body)
    {
        if (Gateway.Catalog.Directory.FindName(JsonText.DecodeUtf8(body.Peer, body.PeerEscaped)) is { } services)
        {
            var first = Random.Shared.Next(services.Instances.Length);
            if (TryOpenAt(session, packetId, body.Meta, services.Instances, first, 0))
            {
                return;
            }
        }

        RefuseStream(session, packetId, Outcome.NotOnline, FrontierErrorText.ServiceNotOnline);
    }

    /// <inheritdoc/>
    protected override void OnBroughtBack(in PendingReply pending, in MessageBody frame, Trunk from)
    {
        var gone = frame.Service;
        // What it would have been told by a catalog that knew already.
        var notOnline = pending.Type == FrameType.Request ? FrontierErrorText.RecordNotFound : FrontierErrorText.TopicNotOnline;
        var services = pending.Type == FrameType.Request
            ? Gateway.Catalog.Directory.FindMethod(frame.Key, frame.IsBinary)
            : Gateway.Catalog.Directory.FindTopic(JsonText.DecodeUtf8(frame.Topic, frame.TopicEscaped));
        var next = services is null or { IsReserved: true } ? null : services.After(gone);
        if (next is null)
        {
            AnswerError(pending.Type, pending.OriginPacketId, pending.OriginSessionId, pending.Key, Outcome.NotOnline, notOnline);
            return;
        }

        scoped MessageBody forwarded = frame; // Its custom bytes end with the edge's id already.
        forwarded.Service = 0;
        KeepLimit(ref forwarded, pending, from);
        forwarded.Error = default;
        forwarded.ErrorCode = null;
        if (next.Local is null)
        {
            RetryThroughService(pending.Type, pending.OriginPacketId, forwarded, next.ServiceId);
            return;
        }

        if (!Release(pending.OriginPacketId))
        {
            return; // The edge gave up just now.
        }

        if (!TryForward(pending.Type, pending.OriginPacketId, RootSessionId, next.Local, forwarded))
        {
            RejectError(pending.Type, pending.OriginPacketId, forwarded, Outcome.NotOnline, notOnline);
        }
    }

    /// <inheritdoc/>
    protected override void OnMovedOn() => SendNothingNew(); // The newer session takes everything: what edges serve is not known before it is asked.

    /// <inheritdoc/>
    protected override void OnOffline() => Depart();

    private static bool Contains(List<byte[]> methods, ReadOnlySpan<byte> method)
    {
        foreach (var known in methods)
        {
            if (method.SequenceEqual(known))
            {
                return true;
            }
        }

        return false;
    }

    private ulong ChoiceNumber() => Gateway.HashBy switch
    {
        HashBy.SrcIp => SourceHash,
        HashBy.Random => (ulong)Random.Shared.NextInt64(),
        _ => EdgeId,
    };

    private bool TryForwardTo(FrameType type, ulong packetId, ServiceInstance instance, in MessageBody body)
    {
        Span<byte> tail = stackalloc byte[Base64Text.MaxTailLength];
        scoped MessageBody forwarded = body;
        forwarded.AppendId(EdgeId, tail);
        if (type == FrameType.Message)
        {
            forwarded.Key = default; // There it is the id of a message that was kept, which is not the edge's to give.
        }

        if (instance.Local is { } local)
        {
            return TryForward(type, packetId, body.SessionId, local, forwarded);
        }

        forwarded.Service = instance.ServiceId;
        return instance.Silo is { } silo
            && Gateway.Trunks.To(silo) is { } trunk
            && TryForward(type, packetId, body.SessionId, trunk, forwarded);
    }

    // Opens a stream at an instance, or at the next one that is there.
    private bool TryOpenAt(StreamSession session, ulong packetId, ReadOnlySpan<byte> meta, ServiceInstance[] instances, int first, int tried)
    {
        var peer = Encoding.ASCII.GetBytes(EdgeId.ToString(System.Globalization.CultureInfo.InvariantCulture));
        for (; tried < instances.Length; tried++)
        {
            var instance = instances[(first + tried) % instances.Length];
            var request = new SessionBody { Meta = meta, Peer = peer };
            if (instance.Local is { } local)
            {
                if (local is { IsOpen: true, IsPeerClosing: false } && TryOpenStream(session, packetId, local, request))
                {
                    return true;
                }
            }
            else if (instance.Silo is { } silo && Gateway.Trunks.To(silo) is { } trunk)
            {
                request.Service = instance.ServiceId;
                if (TryOpenStream(session, packetId, trunk, request, OpenNext(session, packetId, meta, instances, first, tried + 1)))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private Func<bool> OpenNext(StreamSession session, ulong packetId, ReadOnlySpan<byte> meta, ServiceInstance[] instances, int first, int tried)
    {
        var copy = meta.ToArray();
        return () => TryOpenAt(session, packetId, copy, instances, first, tried);
    }

    private void RetryThroughService(FrameType type, ulong packetId, in MessageBody body, ulong serviceId) =>
        RetryThroughGrain(type, packetId, body, async forward =>
        {
            var service = Gateway.Grains.GetService(serviceId);
            if (forward.Method.Length > 0)
            {
                return await service.CallAsync(
                    new CallRequest(Encoding.UTF8.GetString(forward.Method), forward.Payload, forward.Custom, forward.Remaining) { Trace = forward.Trace });
            }

            await service.PublishAsync(ToMessage(forward));
            return default;
        });

    private void PublishToUnknown(ulong packetId, in MessageBody body)
    {
        if (body.Topic.IsEmpty)
        {
            RejectError(FrameType.Message, packetId, body, Outcome.NotOnline, FrontierErrorText.TopicNotOnline);
            return;
        }

        if (!TryTakeMessage(packetId, body, out var deadline))
        {
            return;
        }

        if (!Gateway.UnknownTopics.TryAdd(JsonText.DecodeUtf8(body.Topic, body.TopicEscaped), new TopicWait(this, packetId, deadline.Due), body))
        {
            AnswerError(FrameType.Message, packetId, RootSessionId, default, Outcome.SlowConsumer, FrontierErrorText.SlowConsumer);
        }
    }

    private static MessageRequest ToMessage(GrainForward forward) =>
        new(forward.Topic, forward.Payload, forward.Custom, forward.Remaining) { Trace = forward.Trace };
}
