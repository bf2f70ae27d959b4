using System.Diagnostics.CodeAnalysis;

namespace Frontier.Protocol;

/// <summary>The peer sent what the protocol does not allow. It ends that peer's connection and nothing else.</summary>
/// <param name="reason">The rule that was broken.</param>
/// <param name="message">What was seen; never a payload.</param>
public sealed class ProtocolViolationException(DisconnectReason reason, string message) : Exception(message)
{
    /// <summary>The rule that was broken.</summary>
    public DisconnectReason Reason { get; } = reason;

    /// <summary>The one way out of every parser: keeps the throwing code off the hot path.</summary>
    [DoesNotReturn]
    internal static void Throw(DisconnectReason reason, string message) => throw new ProtocolViolationException(reason, message);

    [DoesNotReturn]
    internal static T Throw<T>(DisconnectReason reason, string message)
        where T : allows ref struct => throw new ProtocolViolationException(reason, message);
}
