using System.Net;
using System.Net.Security;
using Frontier.Protocol;
using Microsoft.Extensions.Logging;

namespace Frontier.Client;

/// <summary>What an edge and a service set alike. Immutable; checked when connecting.</summary>
public abstract record FrontierClientOptions
{
    private protected FrontierClientOptions(int port) => EndPoints = [new IPEndPoint(IPAddress.Loopback, port)];

    /// <summary>
    /// The gateways' addresses, each an <see cref="IPEndPoint"/>, a <see cref="DnsEndPoint"/> or a <see cref="System.Net.Sockets.UnixDomainSocketEndPoint"/>, tried in random
    /// order, the next one when the last has failed or not answered for 250 ms; of a name every address it has at the
    /// time is tried. By default this machine and the contract's port.
    /// </summary>
    public IReadOnlyList<EndPoint> EndPoints { get; init; }

    /// <summary>
    /// Makes the transport to an address, instead of TCP: for proxies, tunnels, or transports of one's own. Gets the address as it stands in <see cref="EndPoints"/>, names
    /// included, and gives a stream that is connected; the client speaks <see cref="Tls"/> over it where that is set, and disposes it. Null for TCP and Unix domain
    /// sockets. What it throws counts as an address that does not answer.
    /// </summary>
    public Func<EndPoint, CancellationToken, ValueTask<Stream>>? ConnectCallback { get; init; }

    /// <summary>The only address, or the first of several.</summary>
    public EndPoint EndPoint
    {
        get => EndPoints[0];
        init => EndPoints = [value];
    }

    /// <summary>How to come back after the connection ended; null to leave it at one connection.</summary>
    public ReconnectOptions? Reconnect { get; init; } = new();

    /// <summary>
    /// How many published messages may wait for a connection, within their own time; 0 lets a publish fail at once with
    /// <see cref="FrontierErrorCode.ConnectionLost"/> while there is none.
    /// </summary>
    public int OfflineQueueCapacity { get; init; }

    /// <summary>
    /// The local address to connect from; null lets the system choose. With port 0 the port is chosen on connecting, so that one address can hold
    /// connections to different gateways on the same port.
    /// </summary>
    public IPEndPoint? LocalEndPoint { get; init; }

    /// <summary>TLS towards the gateway, which must name <see cref="SslClientAuthenticationOptions.TargetHost"/>; null for plain TCP.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>
    /// The id of this side; 0 leaves the choice to the gateway. While another session holds it the client tries again for <see cref="ReconnectOptions.KeepIdFor"/>;
    /// then connecting fails with <see cref="FrontierErrorCode.EdgeIdInUse"/>. A service's id goes to the newest session, so a service always gets it.
    /// </summary>
    public ulong Id { get; init; }

    /// <summary>
    /// Whether an edge that does not get its <see cref="Id"/> takes any other: at once on its first connection, after <see cref="ReconnectOptions.KeepIdFor"/>
    /// on those that follow.
    /// </summary>
    public bool AllowOtherId { get; init; }

    /// <summary>
    /// Methods to serve from the first moment: their handlers are in place before the login, so that no call that comes right with it is missed, and the gateway
    /// knows them when connecting is done. More can be added later with <see cref="FrontierClient.RegisterAsync"/>, which describes the handlers.
    /// </summary>
    public IReadOnlyDictionary<string, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>>> Methods { get; init; } =
        new Dictionary<string, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>>>();

    /// <summary>How long name lookup, connecting and the TLS handshake may take together. The login has its own limit in <see cref="Connection"/>.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a heartbeat is sent: 5, 20 or 80 s, which is all a Go end can ask for. A link that is silent for two intervals is given up.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a call or a published message may take when it names no time of its own; 30 s is also what gateways allow a forward.</summary>
    public TimeSpan DefaultTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many received messages wait for <c>ReceiveAsync</c>, on the connection and on each stream, apart from each other. The gateway is told: it sends no more
    /// messages than that without an acknowledgement, and holds back the others in order, while everything else comes. A gateway of the original, or an older one, is not held to it:
    /// what it sends beyond is refused as <see cref="FrontierErrorCode.SlowConsumer"/>.
    /// </summary>
    public int MessageQueueCapacity { get; init; } = 256;

    /// <summary>
    /// How many bytes of received messages wait for <c>ReceiveAsync</c>, on the connection and all its streams, payload and custom together; further ones are refused
    /// as <see cref="FrontierErrorCode.SlowConsumer"/>. Streams whose messages nobody reads get half of it. A single message may be larger.
    /// </summary>
    public int MessageQueueBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>How many streams opened by others wait for <c>AcceptStreamsAsync</c>; further ones are refused.</summary>
    public int StreamQueueCapacity { get; init; } = 128;

    /// <summary>
    /// How many received bytes a stream holds until they are read, on a connection without <see cref="PeerFeatures.StreamCredit"/>. When it is full, reading the
    /// connection stops; nothing is lost. With credit a stream holds at most <see cref="GeminioConnection.StreamWindow"/> and one frame, and nothing stops.
    /// </summary>
    public int StreamBufferBytes { get; init; } = 256 * 1024;

    /// <summary>
    /// Limits and times of the connection. More may wait to be sent than the protocol's default says, so that one frame of the largest size never
    /// makes this side stop reading; calls and streams are held back at a quarter of it anyway.
    /// </summary>
    public ConnectionOptions Connection { get; init; } = new() { MaxOutboundBytes = 16 * 1024 * 1024 };

    /// <summary>
    /// What this end announces that it can read beyond the plain protocol; the gateway uses what it knows of it. <see cref="PeerFeatures.None"/> makes a plain
    /// connection, as an end of the original would. Stands in for <see cref="ConnectionOptions.Features"/>.
    /// </summary>
    public PeerFeatures Features { get; init; } =
        PeerFeatures.RequestCancel | PeerFeatures.StreamCredit | PeerFeatures.BinaryBodies | PeerFeatures.ErrorCodes | PeerFeatures.StreamAbort
        | PeerFeatures.RemainingTime;

    /// <summary>What the gateway that an edge comes from gave it to keep its id; see <see cref="MoveRequest"/>.</summary>
    internal ReadOnlyMemory<byte> MoveToken { get; init; }

    /// <summary>Turns typed arguments, answers and messages into payloads and back; null leaves only the methods that name their JSON types. See <see cref="JsonPayloadSerializer"/>.</summary>
    public IPayloadSerializer? Serializer { get; init; }

    /// <summary>What wakes connections for their deadlines; null for the one that all connections of the process share.</summary>
    public TimerWheel? TimerWheel { get; init; }

    /// <summary>Where to log; null for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>A copy with what a configuration says.</summary>
    internal FrontierClientOptions With(ConfiguredValues values)
    {
        var reconnect = Reconnect;
        if (values.Has(nameof(Reconnect)))
        {
            var below = values.Below(nameof(Reconnect));
            var basis = new ReconnectOptions();
            reconnect = !below.Read("Enabled", true) ? null : basis with
            {
                InitialDelay = below.Read(nameof(ReconnectOptions.InitialDelay), basis.InitialDelay),
                MaxDelay = below.Read(nameof(ReconnectOptions.MaxDelay), basis.MaxDelay),
                StableAfter = below.Read(nameof(ReconnectOptions.StableAfter), basis.StableAfter),
                RetryFirstConnection = below.Read(nameof(ReconnectOptions.RetryFirstConnection), basis.RetryFirstConnection),
            };
            if (reconnect is not null)
            {
                below.ThrowIfUnknown();
            }
        }

        var tls = Tls;
        if (values.Has(nameof(Tls)))
        {
            var below = values.Below(nameof(Tls));
            tls = new SslClientAuthenticationOptions { TargetHost = below.Read(nameof(SslClientAuthenticationOptions.TargetHost), "") };
            below.ThrowIfUnknown();
        }

        return this with
        {
            EndPoints = values.ReadList(nameof(EndPoints), EndPoints, text => EndPointText.Parse(text, 0)),
            Id = values.Read(nameof(Id), Id),
            ConnectTimeout = values.Read(nameof(ConnectTimeout), ConnectTimeout),
            HeartbeatInterval = values.Read(nameof(HeartbeatInterval), HeartbeatInterval),
            DefaultTimeout = values.Read(nameof(DefaultTimeout), DefaultTimeout),
            OfflineQueueCapacity = values.Read(nameof(OfflineQueueCapacity), OfflineQueueCapacity),
            MessageQueueCapacity = values.Read(nameof(MessageQueueCapacity), MessageQueueCapacity),
            MessageQueueBytes = values.Read(nameof(MessageQueueBytes), MessageQueueBytes),
            Reconnect = reconnect,
            Tls = tls,
        };
    }

    internal IPayloadSerializer RequireSerializer() =>
        Serializer ?? throw new InvalidOperationException($"{GetType().Name}.{nameof(Serializer)} is not set; name the JSON types, or set it.");

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is missing or out of range; names it.</exception>
    internal virtual void Validate()
    {
        Require(EndPoints is { Count: > 0 }, nameof(EndPoints), "must name an address");
        Require(
            EndPoints.All(e => ConnectCallback is not null || e is IPEndPoint { Port: > 0 } or DnsEndPoint { Port: > 0 } or System.Net.Sockets.UnixDomainSocketEndPoint),
            nameof(EndPoints),
            "must be IPEndPoints or DnsEndPoints with a port, or UnixDomainSocketEndPoints");
        Require(Reconnect?.FindProblem() is null, nameof(Reconnect), Reconnect?.FindProblem() ?? "");
        Require(OfflineQueueCapacity >= 0, nameof(OfflineQueueCapacity), "must not be negative");
        Require(Tls is null || !string.IsNullOrEmpty(Tls.TargetHost), nameof(Tls), "must name the TargetHost that the gateway's certificate is for");
        Require(ConnectTimeout > TimeSpan.Zero && ConnectTimeout.TotalMilliseconds <= int.MaxValue, nameof(ConnectTimeout), "must be positive");
        Require(HeartbeatInterval >= TimeSpan.FromSeconds(5), nameof(HeartbeatInterval), "must be at least 5 s");
        Require(DefaultTimeout > TimeSpan.Zero || DefaultTimeout == Timeout.InfiniteTimeSpan, nameof(DefaultTimeout), "must be positive or infinite");
        Require(MessageQueueCapacity > 0, nameof(MessageQueueCapacity), "must be positive");
        Require(MessageQueueBytes > 0, nameof(MessageQueueBytes), "must be positive");
        Require(StreamQueueCapacity > 0, nameof(StreamQueueCapacity), "must be positive");
        Require(StreamBufferBytes > 0, nameof(StreamBufferBytes), "must be positive");
        Require(Methods is not null && Methods.All(method => method.Key.Length > 0 && method.Value is not null), nameof(Methods), "must have names and handlers");
        Require(Connection is not null, nameof(Connection), "must not be null");
        Require(Connection!.MaxFrameBytes >= 1024, nameof(Connection), $"needs {nameof(ConnectionOptions.MaxFrameBytes)} of at least 1024");
        Require(Connection.MaxOutboundBytes > 0, nameof(Connection), $"needs a positive {nameof(ConnectionOptions.MaxOutboundBytes)}");
    }

    private protected void Require(bool condition, string name, string rule)
    {
        if (!condition)
        {
            throw new ArgumentException($"{GetType().Name}.{name} {rule}.", name);
        }
    }
}
