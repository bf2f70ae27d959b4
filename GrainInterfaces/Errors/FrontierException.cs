namespace Frontier.GrainInterfaces;

/// <summary>An operation through Frontier failed, with a code that programs can act on and the peer's own text.</summary>
[GenerateSerializer]
[Alias("frontier.FrontierException")]
public sealed class FrontierException : Exception
{
    /// <summary>Creates the error for a code with the text that peers use for it.</summary>
    public FrontierException(FrontierErrorCode code)
        : this(code, FrontierErrorText.FromCode(code) ?? code.ToString())
    {
    }

    /// <summary>Creates the error for a code with a text of its own.</summary>
    public FrontierException(FrontierErrorCode code, string message)
        : base(message) => Code = code;

    /// <summary>Creates the error for a code with a text of its own and what caused it.</summary>
    public FrontierException(FrontierErrorCode code, string message, Exception? innerException)
        : base(message, innerException) => Code = code;

    /// <summary>What went wrong.</summary>
    [Id(0)]
    public FrontierErrorCode Code { get; private set; }

    /// <summary>True when the same operation may succeed on a later try without anyone changing anything.</summary>
    public bool IsRetryable => Code is FrontierErrorCode.EdgeNotOnline or FrontierErrorCode.ServiceNotOnline
        or FrontierErrorCode.TopicNotOnline or FrontierErrorCode.Timeout or FrontierErrorCode.RateLimited
        or FrontierErrorCode.SlowConsumer or FrontierErrorCode.GatewayDraining or FrontierErrorCode.ConnectionLost
        or FrontierErrorCode.QueueUnavailable;

    /// <summary>The error for a text that came over the wire.</summary>
    public static FrontierException FromText(string text) => new(FrontierErrorText.ToCode(text), text);
}
