using Microsoft.Extensions.Configuration;

namespace Frontier.Gateway;

/// <summary>Who may use an HTTP port: the group <c>auth</c> of several sections.</summary>
public sealed class AuthOptions
{
    /// <summary>
    /// <c>tokens</c>: a request must show one of these as <c>Authorization: Bearer TOKEN</c>. Several allow changing them without a gap. Default
    /// none: everybody may, as in the original. Without TLS a token can be read on the way.
    /// </summary>
    [ConfigurationKeyName("tokens")]
    public IReadOnlyList<string> Tokens { get; init; } = [];
}
