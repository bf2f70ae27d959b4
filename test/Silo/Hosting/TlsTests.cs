using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Frontier.Gateway;

namespace Frontier.Silo.Tests;

public sealed class TlsTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly TestCertificates _certificates = new();
    private RunningHost _host = null!;
    private string _first = "";
    private string _second = "";

    [OneTimeSetUp]
    public async Task Start()
    {
        _first = _certificates.WriteServer("first.test");
        _second = _certificates.WriteServer("second.test");
        _certificates.WriteServer("changing.test");
        _host = await RunningHost.StartAsync(
            configure: null,
            ("edgebound:listen:tls:enable", "true"),
            ("edgebound:listen:tls:certs:0:cert", _certificates.CertificateFile("first.test")),
            ("edgebound:listen:tls:certs:0:key", _certificates.KeyFile("first.test")),
            ("edgebound:listen:tls:certs:1:cert", _certificates.CertificateFile("second.test")),
            ("edgebound:listen:tls:certs:1:key", _certificates.KeyFile("second.test")),
            ("servicebound:listen:tls:enable", "true"),
            ("servicebound:listen:tls:optional", "true"),
            ("servicebound:listen:tls:certs:0:cert", _certificates.CertificateFile("changing.test")),
            ("servicebound:listen:tls:certs:0:key", _certificates.KeyFile("changing.test")),
            ("controlplane:listen:tls:enable", "true"),
            ("controlplane:listen:tls:mtls", "true"),
            ("controlplane:listen:tls:ca_certs:0", _certificates.AuthorityFile),
            ("controlplane:listen:tls:certs:0:cert", _certificates.CertificateFile("first.test")),
            ("controlplane:listen:tls:certs:0:key", _certificates.KeyFile("first.test")));
    }

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    public void Dispose() => _certificates.Dispose();

    [Test]
    public async Task A_peer_gets_the_certificate_for_the_name_it_asks_for_and_else_the_first()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await ShownCertificate(FrontierEndpoints.Edgebound, "first.test"), Is.EqualTo(_first));
            Assert.That(await ShownCertificate(FrontierEndpoints.Edgebound, "second.test"), Is.EqualTo(_second));
            Assert.That(await ShownCertificate(FrontierEndpoints.Edgebound, "elsewhere.test"), Is.EqualTo(_first));
        }
    }

    [Test]
    public async Task A_peer_that_offers_a_protocol_of_its_own_is_not_turned_away() =>
        Assert.That(
            await ShownCertificate(FrontierEndpoints.Edgebound, "first.test", new SslApplicationProtocol("anything")),
            Is.EqualTo(_first));

    [Test]
    public async Task Changed_files_are_used_without_a_restart()
    {
        // A pair that does not fit must not take the listener down while the second file is still to come.
        var before = await ShownCertificate(FrontierEndpoints.Servicebound, "changing.test");
        await File.WriteAllTextAsync(_certificates.CertificateFile("changing.test"), "half a file");
        Assert.That(await ShownCertificate(FrontierEndpoints.Servicebound, "changing.test"), Is.EqualTo(before));

        var after = _certificates.WriteServer("changing.test");
        Assert.That(
            async () => await ShownCertificate(FrontierEndpoints.Servicebound, "changing.test"),
            Is.EqualTo(after).After((int)Deadline.TotalMilliseconds, 100));
    }

    [Test]
    public async Task With_mtls_only_a_certificate_of_the_authority_opens_the_door()
    {
        using var strangers = new TestCertificates();
        using var friend = _certificates.IssueClient();
        using var stranger = strangers.IssueClient();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await ControlPlaneAnswer(friend), Is.EqualTo(HttpStatusCode.NotFound));
            Assert.That(async () => await ControlPlaneAnswer(stranger), Throws.TypeOf<HttpRequestException>());
            Assert.That(async () => await ControlPlaneAnswer(null), Throws.TypeOf<HttpRequestException>());
        }
    }

    [Test]
    public async Task A_peer_without_tls_is_cut_off()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _host.Endpoints.PortOf(FrontierEndpoints.Edgebound));
        await client.GetStream().WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
        using var deadline = new CancellationTokenSource(Deadline);
        bool ended;
        try
        {
            // A TLS alert may come first.
            await client.GetStream().CopyToAsync(Stream.Null, deadline.Token);
            ended = true;
        }
        catch (IOException)
        {
            ended = true;
        }

        Assert.That(ended, Is.True);
    }

    [Test]
    public async Task Where_tls_is_optional_a_peer_without_it_is_served_on_the_same_port()
    {
        // The frame of a login, with an empty body of JSON: whatever the gateway thinks of it, it answers in frames.
        byte[] login = [1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}'];
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _host.Endpoints.PortOf(FrontierEndpoints.Servicebound));
        // Byte by byte: the first one decides, and nothing of what follows may be lost.
        foreach (var part in login)
        {
            await client.GetStream().WriteAsync(new[] { part });
        }

        var answer = new byte[2];
        using var deadline = new CancellationTokenSource(Deadline);
        await client.GetStream().ReadExactlyAsync(answer, deadline.Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer, Is.EqualTo(new byte[] { 1, 2 }), "a ConnAck");
            Assert.That(await ShownCertificate(FrontierEndpoints.Servicebound, "changing.test"), Is.Not.Empty, "and TLS is there as well");
        }
    }

    private async Task<string> ShownCertificate(string listener, string name, params SslApplicationProtocol[] protocols)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _host.Endpoints.PortOf(listener));
        await using var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = name,
            ApplicationProtocols = [.. protocols],
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
        });
        return ((X509Certificate2)stream.RemoteCertificate!).Thumbprint;
    }

    private async Task<HttpStatusCode> ControlPlaneAnswer(X509Certificate2? certificate)
    {
        using var handler = new SocketsHttpHandler();
        // TLS 1.2 turns a client away within the handshake, 1.3 only afterwards.
        handler.SslOptions.EnabledSslProtocols = SslProtocols.Tls12;
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null;
        handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate!;
        using var http = new HttpClient(handler);
        using var answer = await http.GetAsync($"https://127.0.0.1:{_host.Endpoints.PortOf(FrontierEndpoints.Controlplane)}/");
        return answer.StatusCode;
    }
}
