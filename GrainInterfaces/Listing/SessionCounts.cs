namespace Frontier.GrainInterfaces;

/// <summary>How many sessions a gateway holds.</summary>
/// <param name="Edges">Edges.</param>
/// <param name="Services">Service instances.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.SessionCounts")]
public readonly record struct SessionCounts([property: Id(0)] int Edges, [property: Id(1)] int Services);
