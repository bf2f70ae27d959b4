using System.Buffers.Binary;
using Frontier.Protocol;

namespace Frontier.Load;

/// <summary>Writes blocks to streams as fast as the other end takes them. What counts is what arrives there; see <see cref="Responder.StreamBytes"/>.</summary>
internal sealed class BandwidthDriver : Driver
{
    // What is handed to the kernel at a time: enough for one call to fill a socket's buffer, little enough to stay in the processor's cache.
    private const int Ahead = 128 * 1024;

    private readonly Lane[] _lanes;
    private readonly Content _content;
    private readonly Dictionary<Peer, long> _blocks = [];
    private bool _isWriting;

    public BandwidthDriver(EventLoop loop, Lane[] lanes, Content content)
        : base(loop, SlotCount.Of(0), schedule: null, TimeSpan.FromDays(1))
    {
        _lanes = lanes;
        _content = content;
        foreach (var lane in lanes)
        {
            lane.Peer.Events = this;
        }
    }

    /// <summary>Bytes written to streams.</summary>
    public long BytesSent { get; private set; }

    /// <inheritdoc/>
    public override bool IsAlive => _lanes.Any(lane => lane.Peer.State == PeerState.Online);

    /// <inheritdoc/>
    public override void Start()
    {
        base.Start();
        _isWriting = true;
        foreach (var lane in _lanes)
        {
            lane.Peer.WantsDrained = true;
            Drained(lane.Peer);
        }
    }

    /// <inheritdoc/>
    public override void EndMeasuring()
    {
        base.EndMeasuring();
        _isWriting = false;
    }

    /// <inheritdoc/>
    public override void Drained(Peer peer)
    {
        if (!_isWriting || peer.State != PeerState.Online)
        {
            return;
        }

        var block = _blocks.GetValueOrDefault(peer);
        for (var written = 0; written < Ahead; written += _content.Payload.Length)
        {
            var body = peer.ReserveFrame(FrameType.Stream, peer.NextId(), sizeof(ulong) + _content.Payload.Length);
            BinaryPrimitives.WriteUInt64BigEndian(body, peer.SessionId);
            StreamCheck.WriteBlock(body[sizeof(ulong)..], _content.Payload, block++);
            BytesSent += _content.Payload.Length;
        }

        _blocks[peer] = block;
    }

    /// <inheritdoc/>
    public override void Answered(Peer peer, FrameType type, ulong packetId, ReadOnlySpan<byte> body)
    {
        if (type == FrameType.Dismiss && BinaryPrimitives.ReadUInt64BigEndian(body) == peer.SessionId)
        {
            peer.Close();
            Lost(peer, "its stream was closed by the other end");
        }
    }

    /// <inheritdoc/>
    public override void Lost(Peer peer, string reason) => LostConnections.Add($"connection lost: {reason}");

    /// <inheritdoc/>
    protected override bool TrySend(int slot, uint turn) => false;
}
