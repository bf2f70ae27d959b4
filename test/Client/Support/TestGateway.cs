using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Frontier.Protocol;

namespace Frontier.Client.Tests;

/// <summary>What a test's gateway does with a login.</summary>
internal enum TestLogin
{
    Accept,
    Refuse,
    Ignore,
}

/// <summary>A listener on loopback whose connections speak the protocol and answer as the test says. By default it answers every request with what it got.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    public const ulong AllocatedId = 1_000_000_007;

    private static readonly TimerWheel Wheel = new();

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Channel<GatewayEnd> _ends = Channel.CreateUnbounded<GatewayEnd>();
    private readonly List<Task> _running = [];
    private readonly List<GatewayEnd> _all = [];
    private readonly Task _accepting;

    public TestGateway()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>What the gateways of the fixture that runs confirm; see <see cref="BothFormsFixture"/>.</summary>
    public static PeerFeatures DefaultFeatures { get; set; } = PeerFeatures.RequestCancel;

    public ConnectionOptions Options { get; init; } = new() { Features = DefaultFeatures };

    public TestLogin Login { get; set; }

    public int? RefusalCode { get; set; }

    public string RefusalText { get; set; } = "";

    public X509Certificate2? Certificate { get; init; }

    /// <summary>The id for a login that asks for one, or for none (0).</summary>
    public Func<ulong, ulong> GiveId { get; set; } = wanted => wanted == 0 ? AllocatedId : wanted;

    public Task? HoldSessions { get; set; }

    public Action<GatewayEnd, Received> OnRequest { get; set; } =
        (end, request) => end.Answer(request, request.Type == FrameType.Request ? request.Payload : null, request.Type == FrameType.Request ? request.Custom : null);

    public List<EndPoint> Sources { get; } = [];

    public FrontierEdgeOptions EdgeOptions => new() { EndPoint = EndPoint, Reconnect = null };

    public FrontierServiceOptions ServiceOptions => new() { EndPoint = EndPoint, Reconnect = null };

    /// <summary>The gateway's end of the next connection.</summary>
    public Task<GatewayEnd> NextAsync() => _ends.Reader.ReadAsync().AsTask().InTime();

    public async Task<(FrontierEdge Edge, GatewayEnd End)> ConnectEdgeAsync(Func<FrontierEdgeOptions, FrontierEdgeOptions>? with = null)
    {
        var edge = await FrontierEdge.ConnectAsync(with is null ? EdgeOptions : with(EdgeOptions)).InTime();
        return (edge, await NextAsync());
    }

    public async Task<(FrontierService Service, GatewayEnd End)> ConnectServiceAsync(Func<FrontierServiceOptions, FrontierServiceOptions>? with = null)
    {
        var service = await FrontierService.ConnectAsync(with is null ? ServiceOptions : with(ServiceOptions)).InTime();
        return (service, await NextAsync());
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        _all.ForEach(end => end.Abort(DisconnectReason.ShuttingDown));
        await Task.WhenAll(_running).InTime();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptSocketAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            socket.NoDelay = true;
            Sources.Add(socket.RemoteEndPoint!);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (Certificate is not null)
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsServerAsync(Certificate);
                stream = tls;
            }

            var transport = new SocketDuplexPipe(socket, stream);
            var end = new GatewayEnd(transport, this, Wheel);
            _all.Add(end);
            _running.Add(RunAsync(end, transport));
            _ends.Writer.TryWrite(end);
        }
    }

    private static async Task RunAsync(GatewayEnd end, SocketDuplexPipe transport)
    {
        await end.RunAsync();
        await transport.CloseAsync(end.Options.CloseTimeout);
    }
}
