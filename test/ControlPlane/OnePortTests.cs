using System.Net;
using System.Net.Sockets;
using System.Text;
using Frontier.ControlPlane.Tests.Support;
using Frontier.ControlPlane.V1;
using Frontier.Gateway;
using Grpc.Core;
using ControlPlaneClient = Frontier.ControlPlane.V1.ControlPlane.ControlPlaneClient;

namespace Frontier.ControlPlane.Tests;

public sealed class OnePortTests
{
    private TestFrontier _frontier = null!;

    [OneTimeSetUp]
    public async Task Start() => _frontier = await TestFrontier.StartAsync(("limits:handshake_timeout", "1s"));

    [OneTimeTearDown]
    public async Task Stop() => await _frontier.DisposeAsync();

    [Test]
    public async Task Grpc_and_rest_are_served_on_the_same_cleartext_port()
    {
        var client = new ControlPlaneClient(_frontier.Channel());
        var answer = await client.ListEdgesAsync(new ListEdgesRequest { Meta = "nobody" });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer.Count, Is.Zero);
            Assert.That(await _frontier.Rest().GetStringAsync("/v1/edges?meta=nobody"), Is.EqualTo("""{"edges":[],"count":0}"""));
        }
    }

    [Test]
    public async Task Rest_is_served_over_http_2_as_well()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/v1/edges?meta=nobody", UriKind.Relative))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var answer = await _frontier.Rest().SendAsync(request);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer.Version, Is.EqualTo(HttpVersion.Version20));
            Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo("""{"edges":[],"count":0}"""));
        }
    }

    [Test]
    public async Task A_missing_edge_is_not_found_over_grpc()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await new ControlPlaneClient(_frontier.Channel()).GetEdgeAsync(new GetEdgeRequest { EdgeId = 4711 }));
        Assert.That(error!.StatusCode, Is.EqualTo(StatusCode.NotFound));
    }

    [Test]
    public async Task A_request_that_comes_byte_by_byte_is_answered()
    {
        using var client = await ConnectAsync();
        foreach (var letter in "GET /v1/edges?meta=nobody HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"u8.ToArray())
        {
            await client.GetStream().WriteAsync(new[] { letter });
        }

        Assert.That(await ReadToEndAsync(client), Does.StartWith("HTTP/1.1 200 OK").And.Contain("""{"edges":[],"count":0}"""));
    }

    [Test]
    public async Task A_method_that_only_begins_like_http_2_is_http_1()
    {
        using var client = await ConnectAsync();
        await client.GetStream().WriteAsync("PRINT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"u8.ToArray());
        Assert.That(await ReadToEndAsync(client), Does.StartWith("HTTP/1.1 404"));
    }

    [Test]
    public async Task Who_sends_nothing_is_cut_off_and_others_are_served_meanwhile()
    {
        using var silent = await ConnectAsync();
        using var half = await ConnectAsync();
        await half.GetStream().WriteAsync("PR"u8.ToArray());
        Assert.That(await _frontier.Rest().GetStringAsync("/v1/edges?meta=nobody"), Is.EqualTo("""{"edges":[],"count":0}"""));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await ReadToEndAsync(silent), Is.Empty);
            Assert.That(await ReadToEndAsync(half), Is.Empty);
        }
    }

    [Test]
    public async Task Rubbish_ends_its_own_connection_only()
    {
        var random = new Random(1);
        for (var i = 0; i < 50; i++)
        {
            var rubbish = new byte[random.Next(1, 200)];
            random.NextBytes(rubbish);
            if (i % 2 == 0)
            {
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8[..Math.Min(24, rubbish.Length)].CopyTo(rubbish);
            }

            using var client = await ConnectAsync();
            await using var stream = client.GetStream();
            await stream.WriteAsync(rubbish);
            try
            {
                client.Client.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                continue; // Cut already.
            }

            await ReadToEndAsync(stream);
        }

        var answer = await new ControlPlaneClient(_frontier.Channel()).ListEdgesAsync(new ListEdgesRequest { Meta = "nobody" });
        Assert.That(answer.Count, Is.Zero);
    }

    [Test]
    public async Task It_listens_on_ipv6_and_on_a_fixed_port_and_gives_it_free_at_the_end()
    {
        int port;
        using (var free = new TcpListener(IPAddress.IPv6Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        for (var i = 0; i < 2; i++)
        {
            await using var frontier = await TestFrontier.StartAsync(("controlplane:listen:addr", $"[::1]:{port}"));
            using var http = new HttpClient { BaseAddress = frontier.Http(FrontierEndpoints.Controlplane, "[::1]") };
            Assert.That(await http.GetStringAsync("/v1/edges?meta=nobody"), Is.EqualTo("""{"edges":[],"count":0}"""));
        }
    }

    [Test]
    public async Task A_taken_port_is_named_at_the_start()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = taken.LocalEndpoint.ToString()!;
        var error = await Assert.ThrowsAsync<ListenException>(async () => await TestFrontier.StartAsync(("controlplane:listen:addr", address)));
        Assert.That(error!.Message, Is.EqualTo($"controlplane.listen.addr: {address} is already in use"));
    }

    [Test]
    public async Task A_stop_is_not_held_up_by_connections_that_have_not_said_what_they_are()
    {
        await using var frontier = await TestFrontier.StartAsync(("daemon:drain_timeout", "60s"), ("limits:handshake_timeout", "10m"));
        using var silent = new TcpClient();
        await silent.ConnectAsync(IPAddress.Loopback, frontier.Endpoints.PortOf(FrontierEndpoints.Controlplane));
        _ = await frontier.Rest().GetStringAsync("/v1/edges");
        await frontier.StopAsync().InTime();
        Assert.That(await ReadToEndAsync(silent), Is.Empty);
    }

    [Test]
    public async Task With_tls_alpn_decides()
    {
        using var certificates = new Frontier.Silo.Tests.TestCertificates();
        certificates.WriteServer("plane.test");
        await using var frontier = await TestFrontier.StartAsync(
            ("controlplane:listen:tls:enable", "true"),
            ("controlplane:listen:tls:certs:0:cert", certificates.CertificateFile("plane.test")),
            ("controlplane:listen:tls:certs:0:key", certificates.KeyFile("plane.test")));
        // One each: a gRPC channel makes its handler its own.
        using var grpcHandler = NewHandler();
        using var restHandler = NewHandler();
        var address = $"https://127.0.0.1:{frontier.Endpoints.PortOf(FrontierEndpoints.Controlplane)}";
        using var channel = Grpc.Net.Client.GrpcChannel.ForAddress(address, new Grpc.Net.Client.GrpcChannelOptions { HttpHandler = grpcHandler });
        using var http = new HttpClient(restHandler) { BaseAddress = new Uri(address), DefaultRequestVersion = HttpVersion.Version11 };
        var overGrpc = await new ControlPlaneClient(channel).ListEdgesAsync(new ListEdgesRequest());
        using var overRest = await http.GetAsync(new Uri("/v1/edges", UriKind.Relative));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(overGrpc.Count, Is.Zero);
            Assert.That(overRest.Version, Is.EqualTo(HttpVersion.Version11));
            Assert.That(await overRest.Content.ReadAsStringAsync(), Is.EqualTo("""{"edges":[],"count":0}"""));
        }
    }

    private static SocketsHttpHandler NewHandler() => new() { SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null } };

    private async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _frontier.Endpoints.PortOf(FrontierEndpoints.Controlplane));
        return client;
    }

    private static Task<string> ReadToEndAsync(TcpClient client) => ReadToEndAsync(client.GetStream());

    private static async Task<string> ReadToEndAsync(NetworkStream stream)
    {
        using var memory = new MemoryStream();
        try
        {
            await stream.CopyToAsync(memory).InTime();
        }
        catch (IOException)
        {
            // Cut with a reset.
        }

        return Encoding.UTF8.GetString(memory.ToArray());
    }
}
