namespace Frontier.Client;

/// <summary>A gateway that is leaving asks this end to go to another one.</summary>
/// <param name="Patience">How long the gateway waits before it closes the connection.</param>
/// <param name="Token">What an edge shows the other gateway to keep its id (<see cref="FrontierClientOptions.MoveToken"/>).</param>
internal sealed record MoveRequest(TimeSpan Patience, ReadOnlyMemory<byte> Token);
