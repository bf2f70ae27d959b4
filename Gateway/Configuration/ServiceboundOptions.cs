using Microsoft.Extensions.Configuration;

namespace Frontier.Gateway;

/// <summary>The side that services connect to: section <c>servicebound</c>.</summary>
public sealed class ServiceboundOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "servicebound";

    /// <summary><c>servicebound.listen</c>: where services connect. Default <c>0.0.0.0:30011</c>.</summary>
    [ConfigurationKeyName("listen")]
    public ListenOptions Listen { get; init; } = new() { Addr = "0.0.0.0:30011" };
}
