namespace Frontier.GrainInterfaces;

/// <summary>
/// A piece of a trunk's bytes, from one gateway to another. A trunk is a pair of byte streams between two gateways, which carries the frames of all their
/// peers; its pieces travel in calls of <see cref="IGatewayPort.DeliverAsync"/>.
/// </summary>
/// <param name="From">The silo of the gateway that sends the piece, where the other direction's pieces go.</param>
/// <param name="TrunkId">The trunk; chosen by the gateway that opened it, at random.</param>
/// <param name="FromOpener">Which of the two directions this is.</param>
/// <param name="Sequence">The piece's number in its direction, from 0. Orleans does not promise the order of calls.</param>
/// <param name="Bytes">The bytes.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.TrunkSegment")]
public sealed record TrunkSegment(
    [property: Id(0)] SiloAddress From,
    [property: Id(1)] long TrunkId,
    [property: Id(2)] bool FromOpener,
    [property: Id(3)] long Sequence,
    [property: Id(4)] ReadOnlyMemory<byte> Bytes)
{
    /// <summary>
    /// What the sender can read on this trunk beyond what every version can, as bits that both gateways know the meaning of. 0 from a version that
    /// does not say; such a version does not see it either.
    /// </summary>
    [Id(5)]
    public int Features { get; init; }
}

/// <summary>The trunks of the gateway in this process.</summary>
public interface ILocalTrunks
{
    /// <summary>Takes a piece of a trunk's bytes; see <see cref="IGatewayPort.DeliverAsync"/>.</summary>
    ValueTask<bool> DeliverAsync(TrunkSegment segment);
}
