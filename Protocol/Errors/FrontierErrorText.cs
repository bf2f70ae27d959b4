using System.Collections.Frozen;

namespace Frontier;

/// <summary>
/// The error strings that cross the wire and the codes they stand for. Peers match these strings, so none may change
/// (source: the contract's section "Error strings that clients match"; the timeout text is what a Go gateway answers).
/// </summary>
public static class FrontierErrorText
{
    /// <summary>No live session holds the edge id.</summary>
    public const string EdgeNotOnline = "edge not online";

    /// <summary>No live session holds the service id or name.</summary>
    public const string ServiceNotOnline = "service not online";

    /// <summary>The service that served the method went away.</summary>
    public const string RpcNotOnline = "rpc not online";

    /// <summary>Nobody takes the topic.</summary>
    public const string TopicNotOnline = "topic not online";

    /// <summary>The edge id in <c>custom</c> is missing or too short.</summary>
    public const string IllegalEdgeId = "illegal edgeID";

    /// <summary>No service serves the method.</summary>
    public const string RecordNotFound = "record not found";

    /// <summary>Start of the text a peer answers when it has no handler for a method; the method's name follows.</summary>
    public const string NoSuchRpcPrefix = "no such rpc: ";

    /// <summary>The deadline passed.</summary>
    public const string Timeout = "context deadline exceeded";

    /// <summary>The caller gave up.</summary>
    public const string Canceled = "context canceled";

    /// <summary>Too many requests in flight.</summary>
    public const string RateLimited = "too many requests in flight";

    /// <summary>The receiver's outbound buffer is full.</summary>
    public const string SlowConsumer = "slow consumer";

    /// <summary>A frame, a name or metadata is too large.</summary>
    public const string TooLarge = "too large";

    /// <summary>The gateway is leaving.</summary>
    public const string GatewayDraining = "gateway draining";

    /// <summary>The connection that carried the operation closed.</summary>
    public const string ConnectionLost = "connection lost";

    /// <summary>The external message queue that takes the topic cannot be reached.</summary>
    public const string QueueUnavailable = "queue not available";

    /// <summary>So much is kept for later already that there is no room for the message.</summary>
    public const string StoreFull = "message store full";

    /// <summary>Another session holds the edge id that the login asked for.</summary>
    public const string EdgeIdInUse = "edge id in use";

    /// <summary>A gateway's answer to a login that it could not decide in time.</summary>
    public const string LoginTimedOut = "login timed out";

    /// <summary>A gateway's answer to a login when something on its side failed.</summary>
    public const string InternalError = "internal error";

    private static readonly FrozenDictionary<string, FrontierErrorCode> CodeByText = new Dictionary<string, FrontierErrorCode>
    {
        [EdgeNotOnline] = FrontierErrorCode.EdgeNotOnline,
        [ServiceNotOnline] = FrontierErrorCode.ServiceNotOnline,
        [RpcNotOnline] = FrontierErrorCode.MethodNotFound,
        [RecordNotFound] = FrontierErrorCode.MethodNotFound,
        [TopicNotOnline] = FrontierErrorCode.TopicNotOnline,
        [IllegalEdgeId] = FrontierErrorCode.IllegalEdgeId,
        [Timeout] = FrontierErrorCode.Timeout,
        [Canceled] = FrontierErrorCode.Canceled,
        [RateLimited] = FrontierErrorCode.RateLimited,
        [SlowConsumer] = FrontierErrorCode.SlowConsumer,
        [TooLarge] = FrontierErrorCode.TooLarge,
        [GatewayDraining] = FrontierErrorCode.GatewayDraining,
        [ConnectionLost] = FrontierErrorCode.ConnectionLost,
        [QueueUnavailable] = FrontierErrorCode.QueueUnavailable,
        [StoreFull] = FrontierErrorCode.StoreFull,
        [EdgeIdInUse] = FrontierErrorCode.EdgeIdInUse,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<FrontierErrorCode, string> TextByCode = new Dictionary<FrontierErrorCode, string>
    {
        [FrontierErrorCode.EdgeNotOnline] = EdgeNotOnline,
        [FrontierErrorCode.ServiceNotOnline] = ServiceNotOnline,
        [FrontierErrorCode.MethodNotFound] = RecordNotFound,
        [FrontierErrorCode.TopicNotOnline] = TopicNotOnline,
        [FrontierErrorCode.IllegalEdgeId] = IllegalEdgeId,
        [FrontierErrorCode.Timeout] = Timeout,
        [FrontierErrorCode.Canceled] = Canceled,
        [FrontierErrorCode.RateLimited] = RateLimited,
        [FrontierErrorCode.SlowConsumer] = SlowConsumer,
        [FrontierErrorCode.TooLarge] = TooLarge,
        [FrontierErrorCode.GatewayDraining] = GatewayDraining,
        [FrontierErrorCode.ConnectionLost] = ConnectionLost,
        [FrontierErrorCode.QueueUnavailable] = QueueUnavailable,
        [FrontierErrorCode.StoreFull] = StoreFull,
        [FrontierErrorCode.EdgeIdInUse] = EdgeIdInUse,
    }.ToFrozenDictionary();

    /// <summary>The code a peer's error text stands for; <see cref="FrontierErrorCode.Unknown"/> for an application's own text.</summary>
    public static FrontierErrorCode ToCode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return CodeByText.TryGetValue(text, out var code)
            ? code
            : text.StartsWith(NoSuchRpcPrefix, StringComparison.Ordinal) ? FrontierErrorCode.MethodNotFound : FrontierErrorCode.Unknown;
    }

    /// <summary>The text sent to a peer for a code; null for codes that carry a text of their own.</summary>
    public static string? FromCode(FrontierErrorCode code) => TextByCode.GetValueOrDefault(code);
}
