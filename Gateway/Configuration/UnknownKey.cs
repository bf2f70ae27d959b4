namespace Frontier.Gateway;

/// <summary>A configuration key nobody knows.</summary>
/// <param name="Path">Its path as users write it, such as <c>edgebound.listen.adr</c>.</param>
/// <param name="Suggestion">The path of the key that was probably meant; null when none is near.</param>
public sealed record UnknownKey(string Path, string? Suggestion);
