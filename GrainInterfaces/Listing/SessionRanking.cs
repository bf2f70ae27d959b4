namespace Frontier.GrainInterfaces;

/// <summary>
/// The beginning of one gateway's list: ids and what they are ordered by, without the rest, so that a page far behind the first costs a few bytes
/// for each entry before it. Columns instead of records, because there may be very many.
/// </summary>
/// <param name="Count">How many entries the whole list has.</param>
/// <param name="Ids">The ids, in the list's order.</param>
/// <param name="Times">Ticks of UTC beside each id when the list is ordered by time; otherwise empty.</param>
/// <param name="Texts">Text beside each id when the list is ordered by text; otherwise empty.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.SessionRanking")]
public sealed record SessionRanking(
    [property: Id(0)] int Count,
    [property: Id(1)] ulong[] Ids,
    [property: Id(2)] long[] Times,
    [property: Id(3)] string[] Texts);
