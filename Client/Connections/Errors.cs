using Frontier.Protocol;

namespace Frontier.Client;

/// <summary>The typed error for what the connection reports.</summary>
internal static class Errors
{
    /// <summary>For what was not sent.</summary>
    public static FrontierException From(SendOutcome outcome, GeminioConnection connection) => outcome switch
    {
        SendOutcome.NotConnected when connection is { IsOpen: true, IsPeerClosing: true } => new FrontierException(FrontierErrorCode.GatewayDraining),
        SendOutcome.TooLarge => new FrontierException(FrontierErrorCode.TooLarge),
        SendOutcome.TooManyInFlight => new FrontierException(FrontierErrorCode.RateLimited),
        SendOutcome.SlowConsumer => new FrontierException(FrontierErrorCode.SlowConsumer),
        _ => new FrontierException(FrontierErrorCode.ConnectionLost),
    };

    public static FrontierException From(ReplyLoss loss) =>
        new(loss == ReplyLoss.Timeout ? FrontierErrorCode.Timeout : FrontierErrorCode.ConnectionLost);
}
