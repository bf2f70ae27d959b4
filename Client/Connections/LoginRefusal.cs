using System.Security.Authentication;

namespace Frontier.Client;

/// <summary>Tells a refusal that will not change from one that will pass.</summary>
internal static class LoginRefusal
{
    /// <summary>Whether it is of no use to come back: the gateway decided against this client.</summary>
    public static bool IsFinal(FrontierException error) => error.Code switch
    {
        // The cluster's own trouble: the gateway could not find out, in time or at all, whether to let this client in. Or no service that gives ids is there.
        FrontierErrorCode.Refused when error.PeerText is FrontierErrorText.LoginTimedOut or FrontierErrorText.InternalError => false,
        FrontierErrorCode.Refused when error.PeerText is { } text => !FrontierErrorText.ToCode(text).IsRetryable(),
        // Certificates are renewed, on this side or on the other.
        FrontierErrorCode.Refused => error.InnerException is not AuthenticationException,
        FrontierErrorCode.TooLarge or FrontierErrorCode.MethodNotFound => true,
        // A peer's text when it refused a method: a rule, or a limit.
        FrontierErrorCode.Unknown => error.PeerText is not null,
        _ => false,
    };
}
