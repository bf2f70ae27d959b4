namespace Frontier.Fuzz;

/// <summary>An input that the protocol must not be moved by, and was.</summary>
public sealed class FuzzFailureException(string message, Exception? cause = null) : Exception(message, cause);
