namespace Frontier.Load;

/// <summary>
/// Packet ids as peers make them, <c>unixSeconds · 2³² + counter</c>, odd where this end dialed. The counter of an operation holds its slot and its turn
/// in that slot, so that an answer finds its operation without a table.
/// </summary>
internal static class PacketIds
{
    /// <summary>Slots that ids can tell apart, on one loop.</summary>
    public const int MaxSlots = (1 << SlotBits) - 1;

    private const int SlotBits = 16;
    private const uint TurnMask = 0x7fff;

    private static readonly ulong Epoch = (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds() << 32;

    /// <summary>The id of an operation.</summary>
    public static ulong ForOperation(int slot, uint turn, bool isDialer) =>
        Epoch | ((turn & TurnMask) << (SlotBits + 1)) | ((uint)slot << 1) | (isDialer ? 1u : 0u);

    /// <summary>The id of a frame that is not an operation: the slot that no operation has.</summary>
    public static ulong ForSetup(uint number, bool isDialer) => ForOperation(MaxSlots, number, isDialer);

    /// <summary>The slot of the operation that an answer's id names.</summary>
    public static int SlotOf(ulong packetId) => (int)(packetId >> 1) & MaxSlots;
}
