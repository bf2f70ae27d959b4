using Frontier.Protocol;

namespace Frontier.Gateway;

/// <summary>
/// A connection to another gateway, which carries the frames of all peers of the two. The gateway that opened it sends what its peers ask of the other's;
/// answers come back on it. It speaks Geminio with three additions: frames name their receiver (<see cref="MessageBody.Edge"/>,
/// <see cref="MessageBody.Service"/>), streams have credit, and there is no handshake. A frame whose receiver is not there is sent back whole. Bodies keep
/// the form they came in, which is translated where the receiver is, unless the other gateway is of a version that reads text only.
/// </summary>
internal sealed class Trunk : ForwardingConnection
{
    // What every version of a gateway reads.
    private const PeerFeatures FirstFeatures = PeerFeatures.RequestCancel | PeerFeatures.StreamCredit;

    /// <summary>What this version reads on a trunk.</summary>
    public const PeerFeatures Features =
        FirstFeatures | PeerFeatures.BinaryBodies | PeerFeatures.ErrorCodes | PeerFeatures.StreamAbort | PeerFeatures.RemainingTime;

    // Room for what a frame gets on top of what its sender wrote.
    private const int Overhead = 4096;

    // A gateway that is dead is found by the calls that fail and by the cluster's membership; this is for one that hangs or cannot be
    // reached: what is in flight to it is answered after twice this time, which is somewhat less than it takes the cluster to give a process up.
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(4);

    private readonly TrunkTransport _transport;
    private ulong _source;

    public Trunk(TrunkTransport transport, ConnectionRole role, GatewayCore gateway)
        : base(transport, role, OptionsFor(gateway), gateway)
    {
        _transport = transport;
        OpenDirectly(FirstFeatures, HeartbeatInterval);
    }

    /// <summary>Whether frames can be sent: neither end is about to close it.</summary>
    public bool IsUsable => IsOpen && !IsLeaving && !IsPeerClosing;

    /// <inheritdoc/>
    protected override bool IsGatewayLink => true;

    /// <inheritdoc/>
    protected override ulong Source => _source;

    /// <summary>The other gateway said what it reads.</summary>
    public void Learn(PeerFeatures features)
    {
        if ((features & ~PeerFeatures & Features) != 0)
        {
            AddPeerFeatures(features);
        }
    }

    // One trunk stands in for very many connections, each of which has limits of its own; these bound the memory of all of them together.
    private static ConnectionOptions OptionsFor(GatewayCore gateway) => new()
    {
        MaxFrameBytes = gateway.Limits.MaxFrameBytes + Overhead,
        MaxMetaBytes = gateway.Limits.MaxMetaBytes,
        MaxNameBytes = gateway.Limits.MaxNameBytes,
        MaxSessions = 1 << 20,
        MaxInFlight = 1 << 20,
        MaxOutboundBytes = Math.Max(64 << 20, 2 * gateway.Limits.MaxFrameBytes),
        Features = Features,
        Clock = gateway.ConnectionOptions.Clock,
        SlowConsumerTimeout = gateway.Limits.SlowConsumerTimeout,
        CloseTimeout = gateway.Limits.CloseTimeout,
    };

    /// <inheritdoc/>
    protected override void AbortTransport() => _transport.Abort();

    /// <inheritdoc/>
    protected override void OnRequest(FrameType type, ulong packetId, StreamSession? session, in MessageBody body)
    {
        _source = session is null ? FindSource(body) : 0;
        if (session is not null)
        {
            ForwardOnStream(type, packetId, session, body);
            return;
        }

        var forwarded = body;
        forwarded.Edge = forwarded.Service = 0;
        if (FindReceiver(body.Edge, body.Service) is not { } target
            || !TryForward(type, packetId, body.SessionId, target, forwarded))
        {
            SendBack(type, packetId, body);
        }
    }

    /// <inheritdoc/>
    protected override void OnRegister(ulong packetId, ulong sessionId, ReadOnlySpan<byte> method) => AnswerRegister(packetId, sessionId);

    /// <inheritdoc/>
    protected override void OnSessionOpen(StreamSession session, ulong packetId, in SessionBody body)
    {
        var forwarded = new SessionBody { Meta = body.Meta, Peer = body.Peer, PeerId = body.PeerId };
        if (FindReceiver(body.Edge, body.Service) is not { } target || !TryOpenStream(session, packetId, target, forwarded))
        {
            RefuseSession(session, packetId, JsonText.Escape(GoneText(body.Edge)), body.Edge, body.Service, CodeOf(GoneText(body.Edge)));
        }
    }

    /// <inheritdoc/>
    protected override string GoneText(GeminioConnection target) =>
        target is EdgeSession ? FrontierErrorText.EdgeNotOnline : FrontierErrorText.ServiceNotOnline;

    /// <inheritdoc/>
    protected override void OnRead(long bytes, int frames) => Gateway.Metrics.TrunkRead(bytes, frames);

    /// <inheritdoc/>
    protected override void OnWritten(long bytes) => Gateway.Metrics.TrunkWritten(bytes);

    // Counted where it came from.
    protected override void Count(Traffic traffic, Outcome outcome)
    {
    }

    protected override void CountAnswer(long sentAt)
    {
    }

    private static string GoneText(ulong edge) => edge != 0 ? FrontierErrorText.EdgeNotOnline : FrontierErrorText.ServiceNotOnline;

    private PeerSession? FindReceiver(ulong edge, ulong service) => edge != 0 ? Gateway.Edges.Find(edge) : Gateway.Catalog.FindLocal(service);

    // The edge's id stands behind what it sent to a service; a service says its own beside the edge's.
    private static ulong FindSource(in MessageBody body)
    {
        if (body.Edge != 0)
        {
            return body.Service;
        }

        Span<byte> tail = stackalloc byte[Base64Text.MaxTailLength];
        scoped MessageBody copy = body;
        return copy.TryCutId(tail, out var edgeId) ? edgeId : 0;
    }

    // The sender has kept no copy: it needs the frame to send it elsewhere.
    private void SendBack(FrameType type, ulong packetId, in MessageBody body)
    {
        if (!TryTake(packetId, null))
        {
            RejectError(type, packetId, body, Outcome.RateLimited, FrontierErrorText.RateLimited);
            return;
        }

        var answer = body;
        answer.Error = JsonText.Escape(GoneText(body.Edge)); // The same in both forms.
        answer.ErrorCode = CodeOf(GoneText(body.Edge));
        Answer(AnswerTo(type), packetId, answer);
    }
}
