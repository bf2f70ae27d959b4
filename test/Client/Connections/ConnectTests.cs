using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Frontier.Protocol;

namespace Frontier.Client.Tests;

public sealed class ConnectTests
{
    [Test]
    public async Task An_edge_gets_the_id_the_gateway_decided_on_and_shows_its_meta()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { Meta = "pump 7"u8.ToArray() });
        await using var _ = edge;
        Assert.Multiple(() =>
        {
            Assert.That(edge.EdgeId, Is.EqualTo(TestGateway.AllocatedId));
            Assert.That(edge.IsConnected);
            Assert.That(edge.DisconnectReason, Is.EqualTo(DisconnectReason.None));
            Assert.That(end.WantedId, Is.Zero);
            Assert.That(Encoding.UTF8.GetString(end.Meta), Is.EqualTo("pump 7"));
        });
    }

    [Test]
    public async Task An_id_can_be_asked_for()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync(o => o with { Id = 77 });
        await using var _ = edge;
        Assert.That((edge.EdgeId, end.WantedId), Is.EqualTo((77UL, 77UL)));
    }

    [Test]
    public async Task A_service_sends_its_name_and_topics_as_its_meta()
    {
        await using var gateway = new TestGateway();
        var (service, end) = await gateway.ConnectServiceAsync(o => o with { Name = "billing", Topics = ["a", "b"] });
        await using var _ = service;
        Assert.That(Encoding.UTF8.GetString(end.Meta), Is.EqualTo("""{"service":"billing","topics":["a","b"]}"""));
        Assert.That((service.Name, service.ServiceId), Is.EqualTo(("billing", TestGateway.AllocatedId)));
    }

    [Test]
    public async Task A_refused_login_is_told_apart_and_carries_the_gateways_text()
    {
        await using var gateway = new TestGateway { Login = TestLogin.Refuse, RefusalText = "edge 7 is \"banned\"" };
        var error = await Assert.ThrowsAsync<FrontierException>(() => FrontierEdge.ConnectAsync(gateway.EdgeOptions).InTime());
        Assert.That((error!.Code, error.Message, error.IsRetryable), Is.EqualTo((FrontierErrorCode.Refused, "edge 7 is \"banned\"", false)));
    }

    [Test]
    public async Task An_address_where_nobody_listens_is_a_lost_connection()
    {
        int port;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        var options = new FrontierEdgeOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, port) };
        var error = await Assert.ThrowsAsync<FrontierException>(() => FrontierEdge.ConnectAsync(options).InTime());
        Assert.That((error!.Code, error.IsRetryable), Is.EqualTo((FrontierErrorCode.ConnectionLost, true)));
    }

    [Test]
    public async Task A_gateway_that_never_answers_the_login_is_a_timeout()
    {
        await using var gateway = new TestGateway { Login = TestLogin.Ignore };
        var options = gateway.EdgeOptions with { Connection = new ConnectionOptions { HandshakeTimeout = TimeSpan.FromMilliseconds(100) } };
        var error = await Assert.ThrowsAsync<FrontierException>(() => FrontierEdge.ConnectAsync(options).InTime());
        Assert.That(error!.Code, Is.EqualTo(FrontierErrorCode.Timeout));
    }

    [Test]
    public async Task A_gateway_that_hangs_up_on_the_login_is_a_lost_connection()
    {
        await using var gateway = new TestGateway { Login = TestLogin.Ignore };
        var connecting = FrontierEdge.ConnectAsync(gateway.EdgeOptions);
        (await gateway.NextAsync()).Cut();
        var error = await Assert.ThrowsAsync<FrontierException>(() => connecting.InTime());
        Assert.That(error!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
    }

    [Test]
    public async Task Connecting_can_be_given_up_while_the_login_is_decided()
    {
        await using var gateway = new TestGateway { Login = TestLogin.Ignore };
        using var giveUp = new CancellationTokenSource();
        var connecting = FrontierEdge.ConnectAsync(gateway.EdgeOptions, giveUp.Token);
        var end = await gateway.NextAsync();
        giveUp.Cancel();
        await Assert.CatchAsync<OperationCanceledException>(() => connecting.InTime());
        await Soon.UntilAsync(() => end.DisconnectReason != DisconnectReason.None, "the gateway sees the connection go");
    }

    [Test]
    public async Task Closing_is_a_handshake_that_both_ends_see_as_closed()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await edge.CloseAsync().InTime();
        Assert.That(await edge.Completion.InTime(), Is.EqualTo(DisconnectReason.Closed));
        Assert.That(edge.IsConnected, Is.False);
        await Soon.UntilAsync(() => end.DisconnectReason == DisconnectReason.Closed, "the gateway has closed in good order");
        await edge.DisposeAsync(); // Once more does no harm.
    }

    [Test]
    public async Task A_gateway_that_closes_ends_the_edge_in_good_order()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        end.Close(DisconnectReason.ShuttingDown);
        Assert.That(await edge.Completion.InTime(), Is.EqualTo(DisconnectReason.Closed));
    }

    [Test]
    public async Task A_cut_connection_is_reported_as_lost()
    {
        await using var gateway = new TestGateway();
        var (edge, end) = await gateway.ConnectEdgeAsync();
        end.Cut();
        Assert.That(await edge.Completion.InTime(), Is.EqualTo(DisconnectReason.ConnectionLost));
        var error = await Assert.ThrowsAsync<FrontierException>(() => edge.CallAsync("m", default).InTime());
        Assert.That(error!.Code, Is.EqualTo(FrontierErrorCode.ConnectionLost));
    }

    [Test]
    public async Task A_connection_can_leave_from_a_chosen_local_address()
    {
        await using var gateway = new TestGateway();
        var local = new IPEndPoint(IPAddress.Parse("127.0.0.42"), 0);
        var (edge, _) = await gateway.ConnectEdgeAsync(o => o with { LocalEndPoint = local });
        await using var _2 = edge;
        Assert.That(((IPEndPoint)gateway.Sources[0]).Address, Is.EqualTo(local.Address));
    }

    [Test]
    public async Task A_gateway_can_be_named_and_spoken_to_over_tls()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using var gateway = new TestGateway { Certificate = certificate };
        var tls = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.GetCertHashString() == certificate.GetCertHashString(),
        };
        var payload = RandomNumberGenerator.GetBytes(300_000);
        var (edge, _) = await gateway.ConnectEdgeAsync(o => o with { EndPoint = new DnsEndPoint("localhost", gateway.EndPoint.Port), Tls = tls });
        Assert.That((await edge.CallAsync("echo", payload).InTime()).Payload.ToArray(), Is.EqualTo(payload));
        await edge.CloseAsync().InTime();
        Assert.That(edge.DisconnectReason, Is.EqualTo(DisconnectReason.Closed));
    }

    [Test]
    public async Task A_certificate_that_is_not_trusted_is_a_refusal()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var options = new FrontierEdgeOptions { EndPoint = listener.LocalEndpoint, Tls = new SslClientAuthenticationOptions { TargetHost = "localhost" } };
        var connecting = FrontierEdge.ConnectAsync(options);
        await using var server = new SslStream(new NetworkStream(await listener.AcceptSocketAsync().InTime(), ownsSocket: true));
        var serving = server.AuthenticateAsServerAsync(certificate);
        var error = await Assert.ThrowsAsync<FrontierException>(() => connecting.InTime());
        Assert.That(error!.Code, Is.EqualTo(FrontierErrorCode.Refused));
        await serving.ContinueWith(_ => { }, TaskScheduler.Default).InTime();
    }

    private static readonly TestCaseData[] WrongOptions = Array.ConvertAll<(FrontierClientOptions Options, string Name), TestCaseData>(
        [
            (new FrontierEdgeOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, "EndPoints"),
            (new FrontierEdgeOptions { EndPoints = [] }, "EndPoints"),
            (new FrontierEdgeOptions { Reconnect = new ReconnectOptions { MaxDelay = TimeSpan.Zero } }, "Reconnect"),
            (new FrontierEdgeOptions { OfflineQueueCapacity = -1 }, "OfflineQueueCapacity"),
            (new FrontierEdgeOptions { Tls = new SslClientAuthenticationOptions() }, "Tls"),
            (new FrontierEdgeOptions { ConnectTimeout = TimeSpan.Zero }, "ConnectTimeout"),
            (new FrontierEdgeOptions { HeartbeatInterval = TimeSpan.FromSeconds(1) }, "HeartbeatInterval"),
            (new FrontierEdgeOptions { DefaultTimeout = TimeSpan.FromSeconds(-2) }, "DefaultTimeout"),
            (new FrontierEdgeOptions { MessageQueueCapacity = 0 }, "MessageQueueCapacity"),
            (new FrontierEdgeOptions { StreamQueueCapacity = 0 }, "StreamQueueCapacity"),
            (new FrontierEdgeOptions { StreamBufferBytes = 0 }, "StreamBufferBytes"),
            (new FrontierEdgeOptions { Connection = null! }, "Connection"),
            (new FrontierServiceOptions { Topics = ["a", ""] }, "Topics"),
            (new FrontierServiceOptions { Name = null! }, "Name"),
        ],
        wrong => new TestCaseData(wrong.Options, wrong.Name).SetArgDisplayNames(wrong.Name));

    [TestCaseSource(nameof(WrongOptions))]
    public async Task A_wrong_option_is_named_before_anything_is_dialed(FrontierClientOptions options, string name)
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(
            () => options is FrontierEdgeOptions edge ? FrontierEdge.ConnectAsync(edge) : FrontierService.ConnectAsync((FrontierServiceOptions)options));
        Assert.That(error!.ParamName, Is.EqualTo(name));
        Assert.That(error.Message, Does.StartWith($"{options.GetType().Name}.{name} "));
    }

    [Test]
    public async Task Meta_above_the_limit_is_refused_on_this_side()
    {
        await using var gateway = new TestGateway();
        var error = await Assert.ThrowsAsync<FrontierException>(() => FrontierEdge.ConnectAsync(gateway.EdgeOptions with { Meta = new byte[100_000] }));
        Assert.That(error!.Code, Is.EqualTo(FrontierErrorCode.TooLarge));
    }
}
