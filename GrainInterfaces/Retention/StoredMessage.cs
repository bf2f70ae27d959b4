namespace Frontier.GrainInterfaces;

/// <summary>An edge's message that is kept for later.</summary>
/// <param name="Id">Its id: the same each time that it is delivered, and no other message's.</param>
/// <param name="EdgeId">The edge that sent it.</param>
/// <param name="Payload">Its body; opaque.</param>
/// <param name="Custom">The edge's <c>custom</c> bytes.</param>
public sealed record StoredMessage(string Id, ulong EdgeId, ReadOnlyMemory<byte> Payload, ReadOnlyMemory<byte> Custom)
{
    /// <summary>The trace that the edge's work belongs to, a <see cref="Frontier.Protocol.TraceField"/>; empty for none.</summary>
    public ReadOnlyMemory<byte> Trace { get; init; }
}

/// <summary>A message in a store.</summary>
/// <param name="Place">Where it is in its box; by this it is removed.</param>
/// <param name="Message">The message.</param>
public sealed record StoredEntry(string Place, StoredMessage Message);
