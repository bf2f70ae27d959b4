namespace Frontier.GrainInterfaces;

/// <summary>How long callers of grains wait for an answer at most.</summary>
internal static class GrainTimeouts
{
    /// <summary>
    /// For what is forwarded to a peer: twice the contract's 30 s limit of a forward, so that the gateway's own answer, with its code,
    /// comes before Orleans gives up (whose own limit is 30 s, too).
    /// </summary>
    public const string Forwarding = "00:01:00";
}
