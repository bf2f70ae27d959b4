using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Frontier.Gateway.Tests.Hosting;

public sealed class SharedPortTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly SocketTransportFactory _sockets = new(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
    private SharedPort _port = null!;
    private IConnectionListener _http1 = null!;
    private IConnectionListener _http2 = null!;

    [SetUp]
    public async Task Bind()
    {
        _port = new SharedPort(new IPEndPoint(IPAddress.Loopback, 0));
        _http1 = await BindAsync(HttpProtocols.Http1);
        _http2 = await BindAsync(HttpProtocols.Http2);
    }

    [TearDown]
    public async Task Close()
    {
        await _http1.DisposeAsync();
        await _http2.DisposeAsync();
    }

    public void Dispose() => _port?.Dispose();

    [TestCase("GET / HTTP/1.1\r\n\r\n", false)]
    [TestCase("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", true)]
    [TestCase("PRIX", false)]
    [TestCase("X", false)]
    public async Task A_connection_goes_where_its_first_bytes_belong_and_keeps_them(string first, bool isHttp2)
    {
        using var client = await ConnectAsync();
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(first));
        await using var connection = (await (isHttp2 ? _http2 : _http1).AcceptAsync().AsTask().WaitAsync(Deadline))!;
        var read = await connection.Transport.Input.ReadAtLeastAsync(first.Length).AsTask().WaitAsync(Deadline);
        Assert.That(Encoding.ASCII.GetString(read.Buffer), Is.EqualTo(first));
    }

    [Test]
    public void Both_listen_on_the_one_port_that_was_free()
    {
        Assert.That(_http1.EndPoint, Is.EqualTo(_http2.EndPoint));
        Assert.That(((IPEndPoint)_http1.EndPoint).Port, Is.Not.Zero);
    }

    [Test]
    public async Task Who_asks_for_a_connection_after_the_end_gets_none_even_when_nobody_asked_before()
    {
        await _http1.UnbindAsync();
        await _http2.UnbindAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await _http1.AcceptAsync().AsTask().WaitAsync(Deadline), Is.Null);
            Assert.That(await _http2.AcceptAsync().AsTask().WaitAsync(Deadline), Is.Null);
        }
    }

    [Test]
    public async Task The_end_does_not_wait_for_connections_that_say_nothing()
    {
        var accepting = _http1.AcceptAsync().AsTask();
        using var silent = await ConnectAsync();
        await _http1.UnbindAsync().AsTask().WaitAsync(Deadline);
        Assert.That(await accepting.WaitAsync(Deadline), Is.Null);
    }

    private ValueTask<IConnectionListener> BindAsync(HttpProtocols protocol) =>
        _port.BindAsync(protocol, _sockets, TimeSpan.FromMinutes(10), NullLogger.Instance, CancellationToken.None);

    private async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)_http1.EndPoint);
        return client;
    }
}
