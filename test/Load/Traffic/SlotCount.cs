namespace Frontier.Load;

/// <summary>Operations that may be unanswered at once.</summary>
/// <param name="Measured">While it is measured.</param>
/// <param name="WarmUp">Before that; not fewer.</param>
internal readonly record struct SlotCount(int Measured, int WarmUp)
{
    /// <summary>The same all the time.</summary>
    public static SlotCount Of(int slots) => new(slots, slots);
}
