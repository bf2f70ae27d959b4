using System.Net;
using System.Net.Sockets;
using System.Text;
using Frontier.Gateway;
using Microsoft.Extensions.DependencyInjection;

namespace Frontier.Silo.Tests;

/// <summary>Requests that are begun and never finished, and what load balancers say of the peers behind them.</summary>
public sealed class ListenerLimitTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly byte[] Begun = Encoding.ASCII.GetBytes("GET /healthz HTTP/1.1\r\nHost: ");

    private RunningHost _host = null!;

    [OneTimeSetUp]
    public async Task Start() => _host = await RunningHost.StartAsync(
        configure: null,
        ("limits:handshake_timeout", "1s"),
        ("limits:max_health_connections", "8"),
        ("limits:max_http_connections", "8"),
        ("controlplane:listen:proxy_protocol:enable", "true"),
        ("controlplane:listen:proxy_protocol:trusted:0", "127.0.0.0/8"),
        ("edgebound:listen:proxy_protocol:enable", "true"),
        ("edgebound:listen:proxy_protocol:trusted:0", "127.0.0.1"));

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [Test]
    public async Task Health_answers_while_somebody_begins_requests_without_end()
    {
        var begun = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 40; i++)
            {
                begun.Add(await BeginAsync(FrontierEndpoints.Observability, Begun));
            }

            using var probe = _host.Observability;
            Assert.That(await probe.GetStringAsync(new Uri("/healthz", UriKind.Relative)), Is.EqualTo("ok"));
            await EndedAsync(begun[0]);
        }
        finally
        {
            begun.ForEach(client => client.Dispose());
        }
    }

    [Test]
    public async Task A_request_whose_headers_do_not_end_is_cut_in_time([Values] bool saysSomething)
    {
        using var begun = await BeginAsync(FrontierEndpoints.Observability, saysSomething ? Begun : []);
        await EndedAsync(begun);
    }

    [Test]
    public async Task One_address_cannot_take_all_of_the_ports_for_programs_and_a_place_comes_back_when_its_connection_ends()
    {
        var begun = new List<TcpClient>();
        for (var i = 0; i < 40; i++)
        {
            begun.Add(await BeginAsync(FrontierEndpoints.Frontlas, Begun));
        }

        var refused = begun[39];
        await EndedAsync(refused);
        foreach (var client in begun)
        {
            client.Dispose();
        }

        using var http = new HttpClient();
        await EventuallyAsync(async () =>
        {
            try
            {
                using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{_host.Endpoints.PortOf(FrontierEndpoints.Frontlas)}/cluster/v1/edges"));
                return answer.StatusCode != 0; // Whatever it says: it was let in.
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
    }

    [Test]
    public async Task An_edge_behind_a_load_balancer_has_its_own_address()
    {
        using var edge = new TcpClient();
        await edge.ConnectAsync(IPAddress.Loopback, _host.Endpoints.PortOf(FrontierEndpoints.Edgebound));
        byte[] login = [1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 21, 0x18, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. "{\"meta\":\"\"}"u8];
        await edge.GetStream().WriteAsync(new byte[] { 0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x21, 0x11, 0, 12 });
        await edge.GetStream().WriteAsync((byte[])[192, 0, 2, 1, 198, 51, 100, 1, 0xdc, 4, 1, 0xbb, .. login]);
        await edge.GetStream().ReadExactlyAsync(new byte[15]).AsTask().WaitAsync(Deadline);
        Assert.That(_host.App.Services.GetRequiredService<LiveSessions>().All.Select(session => session.Address), Has.Member("192.0.2.1:56324"));

        using var list = await BeginAsync(
            FrontierEndpoints.Controlplane, Encoding.ASCII.GetBytes("PROXY TCP4 192.0.2.9 192.0.2.8 1000 80\r\nGET /v1/edges HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(list.GetStream());
        var answer = await reader.ReadToEndAsync().WaitAsync(Deadline);
        Assert.That(answer, Does.StartWith("HTTP/1.1 200").And.Contain("192.0.2.1:56324"));
    }

    [TestCase("\u0001\u0001\0\0", "127.0.0.1", "proxy_malformed")]
    [TestCase("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", "127.0.0.2", "proxy_untrusted")]
    [TestCase("PROXY TCP4", "127.0.0.1", "proxy_timeout")]
    public async Task Who_may_not_name_an_address_or_does_not_is_cut_and_counted(string header, string from, string reason)
    {
        using var peer = new TcpClient(new IPEndPoint(IPAddress.Parse(from), 0));
        await peer.ConnectAsync(IPAddress.Loopback, _host.Endpoints.PortOf(FrontierEndpoints.Edgebound));
        try
        {
            await peer.GetStream().WriteAsync(Encoding.Latin1.GetBytes(header));
        }
        catch (IOException)
        {
            // Cut already.
        }

        await EndedAsync(peer);
        using var observability = _host.Observability;
        await EventuallyAsync(async () => (await observability.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Split('\n').Any(line =>
            line.StartsWith("frontier_listener_refusals_total{", StringComparison.Ordinal)
            && line.Contains("listener=\"edgebound\"", StringComparison.Ordinal)
            && line.Contains($"reason=\"{reason}\"", StringComparison.Ordinal)));
    }

    private static async Task EndedAsync(TcpClient client)
    {
        try
        {
            // Kestrel says 408 to a request that takes too long.
            var buffer = new byte[1024];
            while (await client.GetStream().ReadAsync(buffer).AsTask().WaitAsync(Deadline) > 0)
            {
            }
        }
        catch (Exception reset) when (reset is IOException or SocketException or InvalidOperationException)
        {
            // Reset, or refused while it connected.
        }
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!await condition())
        {
            await Task.Delay(50, deadline.Token);
        }
    }

    private async Task<TcpClient> BeginAsync(string listener, byte[] first)
    {
        var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, _host.Endpoints.PortOf(listener));
            await client.GetStream().WriteAsync(first);
        }
        catch (Exception refusal) when (refusal is IOException or SocketException)
        {
            // Refused, as it may be.
        }

        return client;
    }
}
