namespace Frontier.Client;

/// <summary>What may be said about one call.</summary>
public sealed record CallOptions
{
    /// <summary>
    /// How long to wait for the answer; null for the connection's default. When set, the other end is told when the caller gives up. Use
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> to wait for ever; the gateway still ends a forward after its own time.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Bytes for the handler beside the payload.</summary>
    public ReadOnlyMemory<byte> Custom { get; init; }
}
