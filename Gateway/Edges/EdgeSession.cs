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
    private List<byte[]>? _methods;
    private int _stage;

    public EdgeSession(ConnectionContext transport, GatewayCore gateway)
        : base(transport, gateway, PeerKind.Edge)
    {
    }

    // What has happened on the way in and out; decides who cleans up when the connection closes during the login.
    private static class Stage
    {
        public const int LoggingIn = 0;
        public const int Online = 1;
        public const int Gone = 2;
    }

    /// <summary>The edge's id; 0 until the login has found it.</summary>
    public ulong EdgeId { get; private set; }

    /// <summary>The bytes the edge connected with.</summary>
    public ReadOnlyMemory<byte> Meta => _meta;

    protected override ILogger Logger => Gateway.EdgeLogger;

    /// <inheritdoc/>
    public EdgeDescription Describe()
    {
        string[] methods;
        lock (this)
        {
            methods = [.. (_methods ?? []).Select(Encoding.UTF8.GetString)];
        }

        return new EdgeDescription(EdgeId, Epoch, Gateway.Identity.GatewayId, Address, _meta, ConnectedAt, methods);
    }

    /// <inheritdoc/>
    protected override void OnConn(in ConnBody conn)
    {
        _meta = Base64Text.Decode(conn.Meta);
        _ = LogInAsync(conn.ClientId);
    }

    /// <inheritdoc/>
    protected override void OnRegister(ulong packetId, ulong sessionId, ReadOnlySpan<byte> method)
    {
        if (sessionId == RootSessionId)
        {
            lock (this)
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
        var services = type == FrameType.Request
            ? Gateway.Catalog.Directory.FindMethod(body.Key)
            : Gateway.Catalog.Directory.FindTopic(JsonText.DecodeUtf8(body.Topic, body.TopicEscaped));
        if (services is null or { IsReserved: true })
        {
            if (type == FrameType.Request)
            {
                RejectError(type, packetId, body, services is null ? Outcome.NotOnline : Outcome.Refused, FrontierErrorText.RecordNotFound);
            }
            else
            {
                PublishThroughTopic(packetId, body);
            }

            return;
        }

        // The same edge goes to the same instance while the set is stable; an instance that is just leaving is passed over.
        var instances = services.Instances;
        var first = services.Choose(ChoiceNumber());
        for (var i = 0; i < instances.Length; i++)
        {
            var instance = instances[(first + i) % instances.Length];
            if (instance.Local is null)
            {
                CallThroughService(type, packetId, body, instance.ServiceId);
                return;
            }

            if (TryForwardTo(type, packetId, instance.Local, body))
            {
                return;
            }
        }

        RejectError(type, packetId, body, Outcome.NotOnline, type == FrameType.Request ? FrontierErrorText.RpcNotOnline : FrontierErrorText.TopicNotOnline);
    }

    /// <inheritdoc/>
    protected override void OnSessionOpen(StreamSession session, ulong packetId, in SessionBody body)
    {
        var services = Gateway.Catalog.Directory.FindName(JsonText.DecodeUtf8(body.Peer, body.PeerEscaped));
        PeerSession? target = null;
        if (services is not null)
        {
            var locals = services.Instances;
            var first = Random.Shared.Next(locals.Length);
            for (var i = 0; i < locals.Length && target is null; i++)
            {
                target = locals[(first + i) % locals.Length].Local is { IsOpen: true, IsPeerClosing: false } local ? local : null;
            }
        }

        OpenStream(
            session,
            packetId,
            target,
            new SessionBody { Meta = body.Meta, Peer = Encoding.ASCII.GetBytes(EdgeId.ToString(System.Globalization.CultureInfo.InvariantCulture)) },
            FrontierErrorText.ServiceNotOnline);
    }

    /// <inheritdoc/>
    protected override void OnClosed(DisconnectReason reason)
    {
        // Whoever comes second cleans up: a login that finds the connection gone, or the connection that ends an edge's time online.
        if (Interlocked.Exchange(ref _stage, Stage.Gone) == Stage.Online)
        {
            Depart();
        }
    }

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

    private bool TryForwardTo(FrameType type, ulong packetId, ServiceSession target, in MessageBody body)
    {
        Span<byte> tail = stackalloc byte[Base64Text.MaxTailLength];
        var length = Base64Text.AppendId(body.Custom, EdgeId, tail, out var keep);
        scoped MessageBody forwarded = body;
        forwarded.Custom = body.Custom[..keep];
        forwarded.CustomTail = tail[..length];
        return TryForward(type, packetId, body.SessionId, target, forwarded, body.EffectiveDeadline);
    }

    private void CallThroughService(FrameType type, ulong packetId, in MessageBody body, ulong serviceId) =>
        ForwardThroughGrain(type, packetId, body, async forward =>
        {
            var service = Gateway.Grains.GetService(serviceId);
            var custom = EdgeIdTail.Append(forward.Custom, EdgeId);
            if (forward.Method.Length > 0)
            {
                return await service.CallAsync(new CallRequest(Encoding.UTF8.GetString(forward.Method), forward.Payload, custom, forward.Remaining));
            }

            await service.PublishAsync(new MessageRequest(forward.Topic, forward.Payload, custom, forward.Remaining));
            return default;
        });

    private void PublishThroughTopic(ulong packetId, in MessageBody body)
    {
        if (body.Topic.IsEmpty)
        {
            RejectError(FrameType.Message, packetId, body, Outcome.NotOnline, FrontierErrorText.TopicNotOnline);
            return;
        }

        ForwardThroughGrain(FrameType.Message, packetId, body, async forward =>
        {
            await Gateway.Grains.GetTopic(forward.Topic).PublishAsync(EdgeId, new MessageRequest(forward.Topic, forward.Payload, forward.Custom, forward.Remaining));
            return default;
        });
    }
}
