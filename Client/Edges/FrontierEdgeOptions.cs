namespace Frontier.Client;

/// <summary>How an edge connects. Immutable.</summary>
public sealed record FrontierEdgeOptions : FrontierClientOptions
{
    /// <summary>The port on which gateways listen for edges.</summary>
    public const int DefaultPort = 30012;

    /// <summary>Starts with the defaults.</summary>
    public FrontierEdgeOptions()
        : base(DefaultPort)
    {
    }

    /// <summary>What services learn about this edge; opaque.</summary>
    public ReadOnlyMemory<byte> Meta { get; init; }
}
