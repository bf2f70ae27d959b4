namespace Frontier.Samples.GrainService;

/// <summary>What the API says of an edge.</summary>
/// <param name="EdgeId">Its id.</param>
/// <param name="Address">Where it connected from.</param>
/// <param name="ConnectedAt">Since when.</param>
/// <param name="Methods">What it can be called for.</param>
internal sealed record EdgeInfo(ulong EdgeId, string Address, DateTimeOffset ConnectedAt, IReadOnlyList<string> Methods);
