using Microsoft.Extensions.Configuration;

namespace Frontier.Gateway;

/// <summary>TLS of a listener: the group <c>tls</c>. Files are PEM and are read again when they change.</summary>
public sealed class TlsOptions
{
    /// <summary><c>enable</c>: whether connections are encrypted. Default false. While false, the files named here need not exist.</summary>
    [ConfigurationKeyName("enable")]
    public bool Enable { get; init; }

    /// <summary>
    /// <c>optional</c>: whether peers may also connect without TLS, on the same port; a connection's first byte tells. Only for the listeners of Geminio,
    /// and not together with <see cref="Mtls"/>. Default false.
    /// </summary>
    [ConfigurationKeyName("optional")]
    public bool Optional { get; init; }

    /// <summary><c>mtls</c>: whether a peer must show a certificate signed by one of <see cref="CaCerts"/>. Default false.</summary>
    [ConfigurationKeyName("mtls")]
    public bool Mtls { get; init; }

    /// <summary><c>ca_certs</c>: files with the authorities that may sign a peer's certificate; needed by <see cref="Mtls"/>. Default none.</summary>
    [ConfigurationKeyName("ca_certs")]
    public IReadOnlyList<string> CaCerts { get; init; } = [];

    /// <summary><c>certs</c>: the listener's certificates. With several, the one that fits the name the peer asks for is shown, else the first.</summary>
    [ConfigurationKeyName("certs")]
    public IReadOnlyList<CertificateOptions> Certs { get; init; } = [];

    /// <summary>
    /// <c>insecure_skip_verify</c>: without effect on a listener, as in Go; accepted because existing files carry it. Default false.
    /// </summary>
    [ConfigurationKeyName("insecure_skip_verify")]
    public bool InsecureSkipVerify { get; init; }
}
