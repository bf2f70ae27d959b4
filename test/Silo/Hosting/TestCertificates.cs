using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Frontier.Silo.Tests;

/// <summary>An authority with certificates in PEM files, in a directory of its own.</summary>
internal sealed class TestCertificates : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("frontier-test-");
    private readonly X509Certificate2 _authority = CreateAuthority();

    public TestCertificates() => File.WriteAllText(AuthorityFile, _authority.ExportCertificatePem());

    public string AuthorityFile => Path.Combine(_directory.FullName, "ca.pem");

    public string CertificateFile(string name) => Path.Combine(_directory.FullName, $"{name}.crt");

    public string KeyFile(string name) => Path.Combine(_directory.FullName, $"{name}.key");

    /// <summary>Writes a server's certificate and key, over those of the same name if there are any; returns the thumbprint.</summary>
    public string WriteServer(string name, DateTimeOffset? notBefore = null, DateTimeOffset? notAfter = null)
    {
        using var certificate = Issue(name, ServerAuthentication, notBefore, notAfter);
        using var key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(CertificateFile(name), certificate.ExportCertificatePem());
        File.WriteAllText(KeyFile(name), key.ExportPkcs8PrivateKeyPem());
        return certificate.Thumbprint;
    }

    public X509Certificate2 IssueClient() => Issue("client", ClientAuthentication);

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Delete(recursive: true);
    }

    private static X509Certificate2 CreateAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
    }

    private X509Certificate2 Issue(string name, string purpose, DateTimeOffset? notBefore = null, DateTimeOffset? notAfter = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(
            _authority, notBefore ?? DateTimeOffset.UtcNow.AddHours(-1), notAfter ?? DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }
}
