using Microsoft.Extensions.Configuration;

namespace Frontier.Queues;

/// <summary>TLS towards a queue: the group <c>tls</c> of each queue, with the names that listeners have. New; the original has none.</summary>
public sealed class QueueTlsOptions
{
    /// <summary><c>enable</c>: whether the connection is encrypted. Default false.</summary>
    [ConfigurationKeyName("enable")]
    public bool Enable { get; init; }

    /// <summary><c>ca_certs</c>: PEM files with the authorities that may sign the server's certificate. Default none: those of the machine.</summary>
    [ConfigurationKeyName("ca_certs")]
    public IReadOnlyList<string> CaCerts { get; init; } = [];

    /// <summary><c>cert</c>: PEM file with the certificate to show, then its intermediates. Default none.</summary>
    [ConfigurationKeyName("cert")]
    public string Cert { get; init; } = "";

    /// <summary><c>key</c>: PEM file with the certificate's unencrypted key.</summary>
    [ConfigurationKeyName("key")]
    public string Key { get; init; } = "";

    /// <summary><c>insecure_skip_verify</c>: whether any server certificate will do. For tests. Default false.</summary>
    [ConfigurationKeyName("insecure_skip_verify")]
    public bool InsecureSkipVerify { get; init; }
}
