namespace Frontier.Operator.Leadership;

/// <summary>The Lease could not be renewed in time, or another process has it.</summary>
/// <param name="message">What happened.</param>
internal sealed class LeadershipLostException(string message) : Exception(message);
