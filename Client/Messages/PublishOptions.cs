namespace Frontier.Client;

/// <summary>What may be said about one published message.</summary>
public sealed record PublishOptions
{
    /// <summary>How long to wait for the acknowledgement; null for the connection's default. When set, the receiver is told when the sender gives up.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Bytes for the receiver beside the payload.</summary>
    public ReadOnlyMemory<byte> Custom { get; init; }
}
