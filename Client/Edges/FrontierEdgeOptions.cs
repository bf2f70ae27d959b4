using Microsoft.Extensions.Configuration;

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

    /// <summary>
    /// Reads options from configuration: <c>EndPoints</c> (a list, or one text with commas, of <c>HOST:PORT</c>), <c>Id</c>, <c>Meta</c> (text), <c>ConnectTimeout</c>,
    /// <c>HeartbeatInterval</c>, <c>DefaultTimeout</c> (<c>hh:mm:ss</c>), <c>OfflineQueueCapacity</c>, <c>MessageQueueCapacity</c>, <c>MessageQueueBytes</c>, <c>Tls:TargetHost</c>, and
    /// <c>Reconnect:{Enabled,InitialDelay,MaxDelay,StableAfter,RetryFirstConnection}</c>.
    /// </summary>
    /// <exception cref="ArgumentException">A key is not known, or a value cannot be read; names it.</exception>
    public static FrontierEdgeOptions FromConfiguration(IConfiguration section)
    {
        var values = new ConfiguredValues(section);
        var options = new FrontierEdgeOptions();
        options = (FrontierEdgeOptions)options.With(values) with { Meta = values.ReadUtf8(nameof(Meta), options.Meta) };
        values.ThrowIfUnknown();
        return options;
    }
}
