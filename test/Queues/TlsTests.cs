using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Frontier.GrainInterfaces;
using Frontier.Queues.Tests.Backends;

namespace Frontier.Queues.Tests;

/// <summary>TLS to a queue's server.</summary>
internal sealed class TlsTests
{
    private string _directory = null!;
    private string[] _arguments = null!;

    [OneTimeSetUp]
    public void MakeCertificate()
    {
        _directory = Directory.CreateTempSubdirectory("frontier-tls-").FullName;
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=frontier-test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(PathOf("server.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(PathOf("server.key"), key.ExportPkcs8PrivateKeyPem());
        _arguments = ["--tls", "--tlscert", PathOf("server.crt"), "--tlskey", PathOf("server.key")];
    }

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_directory, recursive: true);

    [Test]
    public async Task A_server_whose_certificate_is_signed_by_a_known_authority_is_produced_to()
    {
        await using var nats = new NatsQueue(null, _arguments);
        await nats.StartAsync();
        await using var gateway = await TestGateway.StartAsync([.. nats.Settings, ("mqm:nats:tls:enable", "true"), ("mqm:nats:tls:ca_certs:0", PathOf("server.crt"))]);
        await using var edge = await gateway.ConnectEdgeAsync();

        await edge.PublishAsync(nats.Topic, "secret"u8.ToArray()).InTime();
    }

    [Test]
    public async Task A_server_whose_certificate_nobody_known_signed_gets_nothing()
    {
        await using var nats = new NatsQueue(null, _arguments);
        await nats.StartAsync();
        await using var gateway = await TestGateway.StartAsync([.. nats.Settings, ("mqm:nats:tls:enable", "true")]);

        await Eventually.HoldsAsync(
            async () => (await gateway.Grains.GetGrain<IQueueBoardGrain>(0).ListAsync())
                .Any(report => report.Status is { State: QueueState.Down, Confirmed: 0 } && report.Status.LastError.Contains("certificate", StringComparison.Ordinal)),
            "the queue is shown as down");
    }

    private string PathOf(string file) => Path.Combine(_directory, file);
}
