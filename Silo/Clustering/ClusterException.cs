namespace Frontier.Silo;

/// <summary>The process cannot join its cluster, for a reason that the user can mend.</summary>
/// <param name="message">What is wrong, beginning with the key it is about.</param>
/// <param name="cause">What happened.</param>
internal sealed class ClusterException(string message, Exception cause) : Exception(message, cause);
