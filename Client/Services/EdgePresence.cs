namespace Frontier.Client;

/// <summary>An edge that came or went.</summary>
/// <param name="EdgeId">The edge's id.</param>
/// <param name="Meta">The opaque bytes the edge connected with.</param>
/// <param name="Address">The edge's address, <c>ip:port</c>.</param>
/// <param name="Epoch">
/// Numbers the sessions of an edge id, growing: an offline with a smaller epoch than the last online is about an older session and may be ignored.
/// 0 from a gateway of the original, which has no epochs.
/// </param>
public sealed record EdgePresence(ulong EdgeId, ReadOnlyMemory<byte> Meta, string Address, long Epoch);
