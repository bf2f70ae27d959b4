using Microsoft.Extensions.Configuration;

namespace Frontier.Gateway;

/// <summary>One certificate of a listener: an entry of <c>tls.certs</c>.</summary>
public sealed class CertificateOptions
{
    /// <summary><c>cert</c>: PEM file with the certificate and then its intermediates.</summary>
    [ConfigurationKeyName("cert")]
    public string Cert { get; init; } = "";

    /// <summary><c>key</c>: PEM file with the unencrypted private key.</summary>
    [ConfigurationKeyName("key")]
    public string Key { get; init; } = "";
}
