using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s.Models;

namespace Frontier.Operator.Desired;

/// <summary>The TLS material of a cluster's edges, taken from the user's Secrets and checked, so that a bad one never reaches a gateway.</summary>
internal static class EdgeCertificates
{
    private const string Missing = "SecretMissing";
    private const string Bad = "InvalidSecret";

    /// <summary>The Secrets that the gateways mount; empty when something is wrong.</summary>
    public static IReadOnlyList<V1Secret> Copies(ResolvedCluster cluster, Surroundings around, ICollection<Problem> problems)
    {
        if (cluster.Tls is not { } tls)
        {
            return [];
        }

        var copies = new List<V1Secret>();
        if (ReadPair(tls.CertificateKeySecretRef!.Name, around, problems) is { } pair)
        {
            copies.Add(new V1Secret
            {
                Metadata = new V1ObjectMeta { Name = Names.CertificateSecret(cluster.Name) },
                Type = "kubernetes.io/tls",
                Data = new Dictionary<string, byte[]> { ["tls.crt"] = pair.Certificate, ["tls.key"] = pair.Key },
            });
        }

        if (tls.Mtls && ReadAuthorities(tls.CaCertificateSecretRef!.Name, around, problems) is { } authorities)
        {
            copies.Add(new V1Secret
            {
                Metadata = new V1ObjectMeta { Name = Names.AuthoritySecret(cluster.Name) },
                Type = "Opaque",
                Data = new Dictionary<string, byte[]> { ["ca.crt"] = authorities },
            });
        }

        return copies.Count == (tls.Mtls ? 2 : 1) ? copies : [];
    }

    private static (byte[] Certificate, byte[] Key)? ReadPair(string name, Surroundings around, ICollection<Problem> problems)
    {
        if (Read(name, around, problems) is not { } data)
        {
            return null;
        }

        var certificate = data.GetValueOrDefault("tls.crt");
        var key = data.GetValueOrDefault("tls.key");
        if (data.GetValueOrDefault("tls.pem") is { Length: > 0 } both)
        {
            var text = Encoding.UTF8.GetString(both);
            var split = (Certificate: Blocks(text, label => label == "CERTIFICATE"), Key: Blocks(text, label => label.EndsWith("PRIVATE KEY", StringComparison.Ordinal)));
            if (certificate is { Length: > 0 } && key is { Length: > 0 }
                && (Normal(certificate) != split.Certificate || Normal(key) != split.Key))
            {
                problems.Add(new Problem(ProblemSeverity.Failed, Bad, $"Secret {name}: tls.pem differs from tls.crt and tls.key"));
                return null;
            }

            certificate ??= Encoding.UTF8.GetBytes(split.Certificate);
            key ??= Encoding.UTF8.GetBytes(split.Key);
        }

        if (certificate is not { Length: > 0 } || key is not { Length: > 0 })
        {
            problems.Add(new Problem(ProblemSeverity.Failed, Bad, $"Secret {name} has neither tls.crt and tls.key nor tls.pem"));
            return null;
        }

        try
        {
            using var pair = X509Certificate2.CreateFromPem(Encoding.UTF8.GetString(certificate), Encoding.UTF8.GetString(key));
            WarnOfValidity(name, pair, around, problems);
            return (certificate, key);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            problems.Add(new Problem(ProblemSeverity.Failed, Bad, $"Secret {name}: tls.crt and tls.key are not a certificate and its key in PEM"));
            return null;
        }
    }

    private static byte[]? ReadAuthorities(string name, Surroundings around, ICollection<Problem> problems)
    {
        if (Read(name, around, problems) is not { } data)
        {
            return null;
        }

        if (data.GetValueOrDefault("ca.crt") is not { Length: > 0 } authorities)
        {
            problems.Add(new Problem(ProblemSeverity.Failed, Bad, $"Secret {name} has no ca.crt, which mtls needs"));
            return null;
        }

        try
        {
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPem(Encoding.UTF8.GetString(authorities));
            if (certificates.Count > 0)
            {
                return authorities;
            }
        }
        catch (CryptographicException)
        {
            // Said below.
        }

        problems.Add(new Problem(ProblemSeverity.Failed, Bad, $"Secret {name}: ca.crt holds no certificate in PEM"));
        return null;
    }

    private static Dictionary<string, byte[]>? Read(string name, Surroundings around, ICollection<Problem> problems)
    {
        if (around.FindSecret(name) is { } secret)
        {
            return new Dictionary<string, byte[]>(secret.Data ?? new Dictionary<string, byte[]>());
        }

        problems.Add(new Problem(ProblemSeverity.Waiting, Missing, $"Secret {name} does not exist yet"));
        return null;
    }

    private static void WarnOfValidity(string name, X509Certificate2 certificate, Surroundings around, ICollection<Problem> problems)
    {
        if (certificate.NotAfter.ToUniversalTime() < around.Now.UtcDateTime)
        {
            var day = certificate.NotAfter.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            problems.Add(new Problem(ProblemSeverity.Warning, "CertificateExpired", $"the certificate in Secret {name} expired on {day}"));
        }
    }

    private static string Normal(byte[] pem) => Blocks(Encoding.UTF8.GetString(pem), _ => true);

    private static string Blocks(string text, Func<string, bool> wanted)
    {
        var blocks = new StringBuilder();
        var rest = text.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            if (wanted(rest[fields.Label].ToString()))
            {
                blocks.Append(rest[fields.Location]).Append('\n');
            }

            rest = rest[fields.Location.End..];
        }

        return blocks.ToString();
    }
}
