using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Frontier.Gateway;

/// <summary>The TLS settings of a listener as its files were at one moment. Immutable, shared by all handshakes until the files change.</summary>
internal sealed class TlsSnapshot
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly IReadOnlyList<(X509Certificate2 Certificate, SslServerAuthenticationOptions Options)> _certificates;

    private TlsSnapshot(
        byte[] fingerprint, IReadOnlyList<(X509Certificate2 Certificate, SslServerAuthenticationOptions Options)> certificates)
    {
        NotBefore = certificates.Max(entry => new DateTimeOffset(entry.Certificate.NotBefore));
        NotAfter = certificates.Min(entry => new DateTimeOffset(entry.Certificate.NotAfter));
        Fingerprint = fingerprint;
        _certificates = certificates;
    }

    /// <summary>A hash of the files' contents.</summary>
    public byte[] Fingerprint { get; }

    /// <summary>From when on all certificates are valid.</summary>
    public DateTimeOffset NotBefore { get; }

    /// <summary>Until when all certificates are valid.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>Whether all certificates are valid at a time.</summary>
    public bool IsValidAt(DateTimeOffset time) => time >= NotBefore && time <= NotAfter;

    /// <summary>The options for a peer that asked for a name: those of the certificate that fits it, else of the first, as in Go.</summary>
    public SslServerAuthenticationOptions Select(string? serverName)
    {
        if (!string.IsNullOrEmpty(serverName) && _certificates.Count > 1)
        {
            foreach (var (certificate, options) in _certificates)
            {
                if (certificate.MatchesHostname(serverName))
                {
                    return options;
                }
            }
        }

        return _certificates[0].Options;
    }

    /// <summary>Reads the files. Null when something is wrong, which is then added to <paramref name="failures"/> with its key's path.</summary>
    /// <param name="path">The path of the group, such as <c>edgebound.listen.tls</c>.</param>
    /// <param name="tls">The group.</param>
    /// <param name="failures">Where to add what is wrong.</param>
    /// <param name="applicationProtocols">What ALPN may settle on: null leaves it to the HTTP server, empty means none.</param>
    public static TlsSnapshot? Load(
        string path, TlsOptions tls, ICollection<string> failures, List<SslApplicationProtocol>? applicationProtocols = null)
    {
        var before = failures.Count;
        // Every file is read once: what is used and what is remembered of it are the same bytes, whoever writes meanwhile.
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var clientPolicy = tls.Mtls ? LoadAuthorities(path, tls, files, failures) : null;
        var certificates = new List<(X509Certificate2, SslServerAuthenticationOptions)>();
        if (tls.Certs.Count == 0)
        {
            failures.Add($"{path}.certs: TLS is enabled and no certificate is given");
        }

        for (var i = 0; i < tls.Certs.Count; i++)
        {
            if (LoadCertificate($"{path}.certs[{i}]", tls.Certs[i], files, failures) is var (certificate, context))
            {
                certificates.Add((certificate, new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = context,
                    ClientCertificateRequired = tls.Mtls,
                    CertificateChainPolicy = clientPolicy,
                    CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                    EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    ApplicationProtocols = applicationProtocols,
                }));
            }
        }

        return failures.Count == before ? new TlsSnapshot(Hash(tls, file => files[file]), certificates) : null;
    }

    /// <summary>A hash of the files' contents now.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    public static byte[] Hash(TlsOptions tls) => Hash(tls, File.ReadAllBytes);

    private static byte[] Hash(TlsOptions tls, Func<string, byte[]> read)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in tls.Certs.SelectMany(certificate => new[] { certificate.Cert, certificate.Key }).Concat(tls.Mtls ? tls.CaCerts : []))
        {
            hash.AppendData(SHA256.HashData(read(file)));
        }

        return hash.GetHashAndReset();
    }

    private static string ReadOnce(string file, Dictionary<string, byte[]> files)
    {
        if (!files.TryGetValue(file, out var content))
        {
            content = File.ReadAllBytes(file);
            files.Add(file, content);
        }

        return Encoding.UTF8.GetString(content);
    }

    private static X509ChainPolicy? LoadAuthorities(
        string path, TlsOptions tls, Dictionary<string, byte[]> files, ICollection<string> failures)
    {
        if (tls.CaCerts.Count == 0)
        {
            failures.Add($"{path}.ca_certs: mtls needs at least one file with the authorities that sign the peers' certificates");
            return null;
        }

        // Revocation is not checked, as in Go: it would need a call to the outside within each handshake.
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            ApplicationPolicy = { new Oid(ClientAuthentication) },
        };
        for (var i = 0; i < tls.CaCerts.Count; i++)
        {
            var file = tls.CaCerts[i];
            Try($"{path}.ca_certs[{i}]", file, failures, () =>
            {
                var count = policy.CustomTrustStore.Count;
                policy.CustomTrustStore.ImportFromPem(ReadOnce(file, files));
                return policy.CustomTrustStore.Count > count ? policy : throw new CryptographicException("no certificate in it");
            });
        }

        return policy;
    }

    private static (X509Certificate2 Certificate, SslStreamCertificateContext Context)? LoadCertificate(
        string path, CertificateOptions named, Dictionary<string, byte[]> files, ICollection<string> failures)
    {
        var before = failures.Count;
        RequireFile($"{path}.cert", named.Cert, failures);
        RequireFile($"{path}.key", named.Key, failures);
        if (failures.Count > before)
        {
            return null;
        }

        var chain = Try($"{path}.cert", named.Cert, failures, () =>
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPem(ReadOnce(named.Cert, files));
            return all.Count > 0 ? all : throw new CryptographicException("no certificate in it");
        });
        var leaf = chain is null ? null : Try($"{path}.key", named.Key, failures, () => WithKey(ReadOnce(named.Cert, files), ReadOnce(named.Key, files)));
        return leaf is null
            ? null
            : (leaf, SslStreamCertificateContext.Create(leaf, new X509Certificate2Collection(chain!.Skip(1).ToArray()), offline: true));
    }

    private static X509Certificate2 WithKey(string certificatePem, string keyPem)
    {
        var certificate = X509Certificate2.CreateFromPem(certificatePem, keyPem);
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        // Windows' TLS takes no key that exists in memory only.
        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
        }
    }

    private static void RequireFile(string path, string file, ICollection<string> failures)
    {
        if (file.Length == 0)
        {
            failures.Add($"{path}: no file is given");
        }
        else if (!File.Exists(file))
        {
            failures.Add($"{path}: no file {file}");
        }
    }

    private static T? Try<T>(string path, string file, ICollection<string> failures, Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            failures.Add($"{path}: {file}: {error.Message.ReplaceLineEndings(" ")}");
            return null;
        }
    }
}
