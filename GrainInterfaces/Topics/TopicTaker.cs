namespace Frontier.GrainInterfaces;

/// <summary>A service instance that takes a topic, by its name or by a filter.</summary>
/// <param name="Group">The group it takes part in; empty for none.</param>
/// <param name="ServiceId">The instance's id.</param>
/// <param name="Epoch">The epoch of its session.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.TopicTaker")]
public readonly record struct TopicTaker([property: Id(0)] string Group, [property: Id(1)] ulong ServiceId, [property: Id(2)] long Epoch);
