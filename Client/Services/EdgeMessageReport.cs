namespace Frontier.Client;

/// <summary>What a service hears of a message that waited for an edge.</summary>
/// <param name="Id">The message's id, as <see cref="PublishReceipt.Id"/> gave it.</param>
/// <param name="EdgeId">The edge.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Error">The edge's words when it refused the message; empty otherwise.</param>
public sealed record EdgeMessageReport(string Id, ulong EdgeId, EdgeMessageOutcome Outcome, string Error);
