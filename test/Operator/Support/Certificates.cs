using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Frontier.Operator.Tests.Support;

/// <summary>Certificates for Secrets.</summary>
internal static class Certificates
{
    public static (string Certificate, string Key) Create(string name = "gateway", DateTimeOffset? until = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var end = until ?? DateTimeOffset.UtcNow.AddDays(30);
        using var certificate = request.CreateSelfSigned(end.AddDays(-60), end);
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A Secret in YAML.</summary>
    public static string Secret(string name, params (string Key, string Value)[] data) => $"""
        apiVersion: v1
        kind: Secret
        metadata:
          name: {name}
        data: {"{"} {string.Join(", ", data.Select(item => $"\"{item.Key}\": \"{Convert.ToBase64String(Encoding.UTF8.GetBytes(item.Value))}\""))} {"}"}
        """;

    public static string TlsSecret(string name, (string Certificate, string Key) pair) => Secret(name, ("tls.crt", pair.Certificate), ("tls.key", pair.Key));
}
