using Microsoft.Extensions.Configuration;

namespace Frontier.Gateway;

/// <summary>How a gateway leaves: section <c>drain</c>. How long it may take is <see cref="DaemonOptions.DrainTimeout"/>.</summary>
public sealed class DrainOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "drain";

    /// <summary>
    /// <c>drain.rate</c>: how many edges are disconnected per second, so that they do not all come to the other gateways at once. Raised when they could not all
    /// leave in half of the drain timeout. Default 1000.
    /// </summary>
    [ConfigurationKeyName("rate")]
    public int Rate { get; init; } = 1000;
}
