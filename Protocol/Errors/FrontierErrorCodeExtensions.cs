namespace Frontier;

/// <summary>What programs ask about an error code.</summary>
public static class FrontierErrorCodeExtensions
{
    /// <summary>
    /// Whether the same operation may succeed on a later try without anyone changing anything. After <see cref="FrontierErrorCode.Timeout"/> and
    /// <see cref="FrontierErrorCode.ConnectionLost"/> it may have happened already, so only what does no harm twice should be tried again.
    /// </summary>
    public static bool IsRetryable(this FrontierErrorCode code) => code is FrontierErrorCode.EdgeNotOnline or FrontierErrorCode.ServiceNotOnline
        or FrontierErrorCode.TopicNotOnline or FrontierErrorCode.Timeout or FrontierErrorCode.RateLimited
        or FrontierErrorCode.SlowConsumer or FrontierErrorCode.GatewayDraining or FrontierErrorCode.ConnectionLost
        or FrontierErrorCode.QueueUnavailable or FrontierErrorCode.EdgeIdInUse;
}
