using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Frontier.Client.Tests;

public sealed class DialTests
{
    [Test]
    public async Task A_callback_makes_the_transport_and_gets_names_as_they_are()
    {
        await using var gateway = new TestGateway();
        var asked = new List<EndPoint>();
        var name = new DnsEndPoint("gateway.invalid", 30012);
        var (edge, _) = await gateway.ConnectEdgeAsync(o => o with
        {
            EndPoint = name,
            ConnectCallback = async (endPoint, cancellationToken) =>
            {
                asked.Add(endPoint);
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(gateway.EndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        await using var closing = edge;
        var answer = await edge.CallAsync("echo", "over a proxy"u8.ToArray()).InTime();
        Assert.That((Encoding.UTF8.GetString(answer.Payload.Span), asked), Is.EqualTo(("over a proxy", new List<EndPoint> { name })));
        await edge.CloseAsync().InTime();
    }

    [Test]
    public async Task A_callback_that_throws_is_an_address_that_does_not_answer()
    {
        var options = new FrontierEdgeOptions
        {
            EndPoint = new DnsEndPoint("gateway.invalid", 30012),
            Reconnect = null,
            ConnectCallback = (_, _) => throw new InvalidOperationException("the proxy wants a password"),
        };
        var error = await Assert.ThrowsAsync<FrontierException>(() => FrontierEdge.ConnectAsync(options).InTime());
        Assert.That((error!.Code, error.Message), Is.EqualTo((FrontierErrorCode.ConnectionLost, "No connection to gateway.invalid:30012: the proxy wants a password")));
    }

    [Test]
    public async Task An_address_that_never_answers_is_passed_over()
    {
        await using var gateway = new TestGateway();
        var calls = 0;
        var (edge, _) = await gateway.ConnectEdgeAsync(o => o with
        {
            EndPoints = [new DnsEndPoint("dead", 1), new DnsEndPoint("alive", 1)],
            ConnectTimeout = TimeSpan.FromHours(1),
            ConnectCallback = async (_, cancellationToken) =>
            {
                if (Interlocked.Increment(ref calls) == 1)
                {
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                }

                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(gateway.EndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        await edge.CloseAsync().InTime();
    }

    [Test]
    public async Task A_Unix_domain_socket_is_an_address()
    {
        await using var gateway = new TestGateway();
        var path = Path.Combine(Path.GetTempPath(), $"frontier-{Guid.NewGuid():n}.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var passing = PassAsync(listener, gateway.EndPoint);
        var (edge, _) = await gateway.ConnectEdgeAsync(o => o with { EndPoint = new UnixDomainSocketEndPoint(path) });
        var answer = await edge.CallAsync("echo", "a"u8.ToArray()).InTime();
        Assert.That(answer.Payload.ToArray(), Is.EqualTo("a"u8.ToArray()));
        await edge.CloseAsync().InTime();
        await passing.InTime();
        File.Delete(path);
    }

    [Test]
    public async Task Addresses_can_be_given_as_text()
    {
        await using var gateway = new TestGateway();
        await using var edge = await FrontierEdge.ConnectAsync($"127.0.0.1:{gateway.EndPoint.Port}", gateway.EdgeOptions with { Id = 9 }).InTime();
        await using var service = await FrontierService.ConnectAsync($"localhost:{gateway.EndPoint.Port}, [::1]:{gateway.EndPoint.Port}", gateway.ServiceOptions).InTime();
        Assert.That((edge.EdgeId, service.IsConnected), Is.EqualTo((9UL, true)));
    }

    [TestCase("gateway", "gateway:7")]
    [TestCase("gateway:30012", "gateway:30012")]
    [TestCase("10.0.0.1", "10.0.0.1:7")]
    [TestCase("10.0.0.1:1", "10.0.0.1:1")]
    [TestCase("[::1]:30012", "[::1]:30012")]
    [TestCase("[2001:db8::1]", "[2001:db8::1]:7")]
    public void Host_and_port_are_read_as_people_write_them(string text, string expected) =>
        Assert.That(EndPointText.Format(EndPointText.Parse(text, 7)), Is.EqualTo(expected));

    [TestCase("")]
    [TestCase(":30012")]
    [TestCase("gateway:")]
    [TestCase("gateway:0")]
    [TestCase("gateway:65536")]
    [TestCase("gateway:http")]
    [TestCase("::1")]
    [TestCase("::1:30012")]
    [TestCase("[::1]30012")]
    [TestCase("[gateway]:30012")]
    public void What_is_no_address_is_named(string text) =>
        Assert.That(Assert.Throws<FormatException>(() => EndPointText.Parse(text, 7))!.Message, Does.Contain($"\"{text}\""));

    [TestCase("HTTP/1.1 400 Bad Request\r\n\r\n", "it speaks HTTP")]
    [TestCase("SSH-2.0-OpenSSH_9.9\r\n", "it speaks SSH")]
    [TestCase("\u0015\u0003\u0003\0\u0002\u0002F", "it speaks TLS")]
    [TestCase("\0\0\u0012\u0004\0\0\0\0\0", "it speaks HTTP/2")]
    public async Task What_is_at_the_other_end_is_told(string greeting, string expected)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var connecting = FrontierEdge.ConnectAsync(new FrontierEdgeOptions { EndPoint = (IPEndPoint)listener.LocalEndpoint, Reconnect = null });
        using var socket = await listener.AcceptSocketAsync();
        await socket.SendAsync(Encoding.Latin1.GetBytes(greeting));
        var error = await Assert.ThrowsAsync<FrontierException>(() => connecting.InTime());
        Assert.That(error!.Code, Is.EqualTo(FrontierErrorCode.Protocol));
        Assert.That(error.Message, Does.StartWith($"What listens at {listener.LocalEndpoint} is no gateway's port for edges").And.Contain(expected));
    }

    [Test]
    public async Task TLS_towards_a_port_without_it_says_so()
    {
        await using var gateway = new TestGateway();
        var tls = new SslClientAuthenticationOptions { TargetHost = "localhost" };
        var error = await Assert.ThrowsAsync<FrontierException>(() => FrontierEdge.ConnectAsync(gateway.EdgeOptions with { Tls = tls }).InTime());
        Assert.That(error!.Message, Does.Contain("may be one without TLS"));
        var end = await gateway.NextAsync();
        await Soon.UntilAsync(() => end.DisconnectReason == Frontier.Protocol.DisconnectReason.BadVersion, "the gateway has seen TLS");
    }

    private static async Task PassAsync(Socket listener, IPEndPoint target)
    {
        using var near = new NetworkStream(await listener.AcceptAsync(), ownsSocket: true);
        using var client = new TcpClient();
        await client.ConnectAsync(target);
        var far = client.GetStream();
        await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
    }
}
