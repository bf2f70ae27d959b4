using Frontier.Protocol;

namespace Frontier.Load;

/// <summary>Connects, does one call, leaves with the closing handshake; again and again.</summary>
/// <param name="loop">Its loop.</param>
/// <param name="slots">Edges that are anywhere between connecting and gone at once.</param>
/// <param name="schedule">When to start; null for a closed loop.</param>
/// <param name="timeout">How long all of it may take.</param>
/// <param name="content">What to call with; null to connect and leave only.</param>
/// <param name="dial">Starts a connection for a slot; null with the reason when it cannot.</param>
internal sealed class ChurnDriver(EventLoop loop, SlotCount slots, RateSchedule? schedule, TimeSpan timeout, Content? content, Dial dial)
    : Driver(loop, slots, schedule, timeout)
{
    private readonly Peer?[] _peers = new Peer?[slots.WarmUp];

    /// <inheritdoc/>
    public override void Online(Peer peer)
    {
        if (content is null)
        {
            peer.Leave();
        }
        else
        {
            content.Write(peer, FrameType.Request, PacketIds.ForOperation(peer.Tag, TurnOf(peer.Tag), peer.IsDialer), 0, peer.Tag, TurnOf(peer.Tag));
        }
    }

    /// <inheritdoc/>
    public override void Answered(Peer peer, FrameType type, ulong packetId, ReadOnlySpan<byte> body)
    {
        if (type != FrameType.Response || content is null || _peers[peer.Tag] != peer)
        {
            return;
        }

        if (TryFind(packetId, peer.IsDialer, out var slot) && slot == peer.Tag && content.IsEcho(body, slot, TurnOf(slot)))
        {
            peer.Leave();
            return;
        }

        peer.Close();
        Release(peer, Content.DescribeProblem(body));
    }

    /// <inheritdoc/>
    public override void Left(Peer peer) => Release(peer, null);

    /// <inheritdoc/>
    public override void Lost(Peer peer, string reason) => Release(peer, reason);

    /// <inheritdoc/>
    protected override bool TrySend(int slot, uint turn)
    {
        _peers[slot] = dial(this, slot, out var problem);
        if (_peers[slot] is null)
        {
            Tally.Errors.Add(problem);
        }

        return _peers[slot] is not null;
    }

    /// <inheritdoc/>
    protected override void Abandon(int slot)
    {
        _peers[slot]?.Close();
        _peers[slot] = null;
    }

    private void Release(Peer peer, string? problem)
    {
        if (_peers[peer.Tag] != peer)
        {
            return;
        }

        _peers[peer.Tag] = null;
        if (problem is null)
        {
            Complete(peer.Tag);
        }
        else
        {
            Fail(peer.Tag, problem);
        }
    }
}
