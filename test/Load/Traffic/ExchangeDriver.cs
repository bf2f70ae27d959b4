using Frontier.Protocol;

namespace Frontier.Load;

/// <summary>Calls and messages: one frame there, one back.</summary>
internal sealed class ExchangeDriver(
    EventLoop loop, SlotCount slots, RateSchedule? schedule, TimeSpan timeout, Lane[] lanes, Content content, FrameType type)
    : LaneDriver(loop, slots, schedule, timeout, lanes)
{
    /// <inheritdoc/>
    public override void Answered(Peer peer, FrameType type, ulong packetId, ReadOnlySpan<byte> body)
    {
        if (type is not (FrameType.Response or FrameType.MessageAck))
        {
            return;
        }

        if (!TryFind(packetId, peer.IsDialer, out var slot) || LaneOf(slot).Peer != peer)
        {
            Tally.Errors.Add("answer to nothing that was asked, or too late");
        }
        else if (type == FrameType.Response ? content.IsEcho(body, slot, TurnOf(slot)) : !content.HasError(body))
        {
            Complete(slot);
        }
        else
        {
            Fail(slot, Content.DescribeProblem(body));
        }
    }

    /// <inheritdoc/>
    protected override void Send(Lane lane, int slot, uint turn) =>
        content.Write(lane.Peer, type, PacketIds.ForOperation(slot, turn, lane.Peer.IsDialer), lane.EdgeId, slot, turn);
}
