namespace Frontier.GrainInterfaces;

/// <summary>What a store keeps at most, of all boxes together.</summary>
/// <param name="MaxBytes">Bytes: of payload and <c>custom</c>, and <see cref="MessageOverhead"/> for each message.</param>
/// <param name="MaxBoxes">Boxes with messages: topics, or edges.</param>
public sealed record StoreLimits(long MaxBytes, int MaxBoxes)
{
    /// <summary>What a message costs beside its bytes, about: 256.</summary>
    public const int MessageOverhead = 256;
}

/// <summary>What became of messages that were to be stored.</summary>
/// <param name="Stored">How many are, from the first on.</param>
/// <param name="IsStoreFull">Whether the next one did not fit into the store as a whole, and not only into its box.</param>
public readonly record struct AppendResult(int Stored, bool IsStoreFull)
{
    /// <summary>Where the last of them is in its box; empty when none is.</summary>
    public string LastPlace { get; init; } = "";
}
