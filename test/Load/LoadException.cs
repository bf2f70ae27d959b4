namespace Frontier.Load;

/// <summary>The run cannot be done; the message says why in one line.</summary>
internal sealed class LoadException(string message) : Exception(message);
