using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Frontier.Gateway;
using Frontier.Queues;

namespace Frontier.Silo;

/// <summary>How this gateway reaches a Frontlas of the original: the group <c>frontlas.dial</c>.</summary>
public sealed class FrontlasDialOptions
{
    /// <summary><c>network</c>: <c>tcp</c>, <c>tcp4</c> or <c>tcp6</c>. Default <c>tcp</c>.</summary>
    [ConfigurationKeyName("network")]
    public string Network { get; init; } = "tcp";

    /// <summary>
    /// <c>addrs</c>: the frontier plane of Frontlas, <c>host:port</c>; with several, one that answers. The environment's <c>FRONTLAS_ADDR</c> goes before
    /// the first. Default none; needed by <c>frontlas.enable</c>.
    /// </summary>
    [ConfigurationKeyName("addrs")]
    public IReadOnlyList<string> Addrs { get; init; } = [];

    /// <summary><c>tls</c>: whether and how the connection is encrypted.</summary>
    [ConfigurationKeyName("tls")]
    public FrontlasDialTlsOptions Tls { get; init; } = new();

    /// <summary>Adds what is wrong.</summary>
    internal void Check(string path, ICollection<string> failures)
    {
        if (Network is not ("tcp" or "tcp4" or "tcp6"))
        {
            failures.Add($"{path}.network: \"{Network}\" is not supported, only tcp, tcp4 and tcp6 are");
        }

        if (Addrs.Count == 0)
        {
            failures.Add($"{path}.addrs: frontlas.enable needs the address of a Frontlas");
        }

        for (var i = 0; i < Addrs.Count; i++)
        {
            if (!ListenAddress.TryParse(Addrs[i], out var address) || address.Host.Length == 0 || address.Port == 0)
            {
                failures.Add($"{path}.addrs[{i}]: \"{Addrs[i]}\" is not host:port");
            }
        }

        if (Tls.Enable)
        {
            Tls.Check($"{path}.tls", failures);
        }
    }
}

/// <summary>TLS towards a Frontlas: the group <c>frontlas.dial.tls</c>. Files are PEM and are read for each connection.</summary>
public sealed class FrontlasDialTlsOptions
{
    /// <summary><c>enable</c>: whether the connection is encrypted. Default false. While false, the files named here need not exist.</summary>
    [ConfigurationKeyName("enable")]
    public bool Enable { get; init; }

    /// <summary><c>mtls</c>: whether <see cref="Certs"/> must name a certificate to show. Default false.</summary>
    [ConfigurationKeyName("mtls")]
    public bool Mtls { get; init; }

    /// <summary><c>ca_certs</c>: files with the authorities that may sign Frontlas' certificate. Default none: those that the system trusts.</summary>
    [ConfigurationKeyName("ca_certs")]
    public IReadOnlyList<string> CaCerts { get; init; } = [];

    /// <summary><c>certs</c>: the certificate to show where Frontlas asks for one; only the first counts. Default none.</summary>
    [ConfigurationKeyName("certs")]
    public IReadOnlyList<CertificateOptions> Certs { get; init; } = [];

    /// <summary><c>insecure_skip_verify</c>: whether any certificate will do. Default false.</summary>
    [ConfigurationKeyName("insecure_skip_verify")]
    public bool InsecureSkipVerify { get; init; }

    /// <summary>Adds what is wrong.</summary>
    internal void Check(string path, ICollection<string> failures)
    {
        if (Mtls && Certs.Count == 0)
        {
            failures.Add($"{path}.certs: mtls needs a certificate to show");
        }

        try
        {
            Load("localhost");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            failures.Add($"{path}: {error.Message}");
        }
    }

    /// <summary>Reads the files.</summary>
    /// <param name="host">The name that Frontlas' certificate is for.</param>
    internal SslClientAuthenticationOptions Load(string host)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = TlsClient.Validation(InsecureSkipVerify, CaCerts),
        };
        if (Certs is [var own, ..])
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPemFile(own.Cert);
            options.ClientCertificateContext = SslStreamCertificateContext.Create(
                X509Certificate2.CreateFromPemFile(own.Cert, own.Key), new X509Certificate2Collection(all.Skip(1).ToArray()), offline: true);
        }

        return options;
    }
}

/// <summary>Counts that are sent to a Frontlas: the group <c>frontlas.metrics</c>.</summary>
public sealed class FrontlasMetricsOptions
{
    /// <summary><c>enable</c>: whether the numbers of edges and services are sent. Default false, as with the original.</summary>
    [ConfigurationKeyName("enable")]
    public bool Enable { get; init; }

    /// <summary><c>interval</c>: how often, in whole seconds as the original has it. Default 30.</summary>
    [ConfigurationKeyName("interval")]
    public int Interval { get; init; } = 30;
}
