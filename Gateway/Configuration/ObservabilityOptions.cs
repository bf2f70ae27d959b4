using Microsoft.Extensions.Configuration;

namespace Frontier.Gateway;

/// <summary>Health and metrics over HTTP: section <c>observability</c>.</summary>
public sealed class ObservabilityOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "observability";

    /// <summary><c>observability.enable</c>: whether the port is opened. Default true.</summary>
    [ConfigurationKeyName("enable")]
    public bool Enable { get; init; } = true;

    /// <summary><c>observability.addr</c>: where it listens, in the form of <see cref="ListenOptions.Addr"/>. Default <c>0.0.0.0:9091</c>.</summary>
    [ConfigurationKeyName("addr")]
    public string Addr { get; init; } = "0.0.0.0:9091";

    /// <summary><c>observability.proxy_protocol</c>: as <see cref="ListenOptions.ProxyProtocol"/>. Probes then need the header, too.</summary>
    [ConfigurationKeyName("proxy_protocol")]
    public ProxyProtocolOptions ProxyProtocol { get; init; } = new();
}
