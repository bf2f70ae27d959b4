using Frontier.Benchmarks;
using Frontier.GrainInterfaces;
using Frontier.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Frontier.Gateway.Tests.Support;

/// <summary>A gateway without sockets whose cluster is made of <see cref="FakeGrains"/>: for what happens to peers while the cluster is in trouble.</summary>
internal sealed class SoloGateway : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ServiceProvider _provider;
    private readonly List<(PeerEnd Peer, Task Session)> _peers = [];

    private SoloGateway(ServiceProvider provider, FakeGrains grains, SkippingTime clock) => (_provider, Grains, Clock) = (provider, grains, clock);

    /// <summary>The gateway's clock for what takes long.</summary>
    public SkippingTime Clock { get; }

    /// <summary>The cluster.</summary>
    public FakeGrains Grains { get; }

    /// <summary>The gateway's copy of the catalog.</summary>
    public CatalogReplica Catalog => _provider.GetRequiredService<CatalogReplica>();

    /// <summary>What sessions have of the gateway.</summary>
    public GatewayCore Core => _provider.GetRequiredService<GatewayCore>();

    /// <summary>Starts a gateway.</summary>
    public static async Task<SoloGateway> StartAsync(
        TopicRules? rules = null, Action<FakeGrains>? cluster = null, LimitOptions? limits = null, bool keepsForEdges = false, string[]? queues = null,
        IClusterStanding? standing = null)
    {
        var (factory, grains) = FakeGrains.New();
        cluster?.Invoke(grains);
        var clock = new SkippingTime();
        var services = new ServiceCollection();
        services.AddLogging().AddMetrics().AddOptions();
        services.AddSingleton(typeof(Microsoft.Extensions.Logging.ILogger<>), typeof(NullLogger<>));
        services.AddSingleton(factory);
        services.AddSingleton<TimeProvider>(clock);
        services.AddFrontierGateway();
        services.AddSingleton(new GatewayIdentity("solo", null));
        services.AddSingleton(rules ?? TopicRules.Plain);
        services.AddSingleton(Microsoft.Extensions.Options.Options.Create(limits ?? new LimitOptions()));
        services.AddSingleton(Microsoft.Extensions.Options.Options.Create(new EdgeOptions { Retain = keepsForEdges }));
        if (standing is not null)
        {
            services.AddSingleton(standing);
        }

        if (queues is not null)
        {
            services.AddSingleton<IQueues>(new NamedQueues([new QueueRoute("queue", queues)]));
        }

        var gateway = new SoloGateway(services.BuildServiceProvider(), grains, clock);
        await gateway.Catalog.StartAsync(CancellationToken.None);
        await gateway.Catalog.Reached.WaitAsync(Patience);
        return gateway;
    }

    /// <summary>An edge logs in.</summary>
    public SoloPeer ConnectEdge() => Connect<EdgeConnectionHandler>("edge", "meta");

    /// <summary>A service logs in.</summary>
    public SoloPeer ConnectService(params string[] topics) => Connect<ServiceConnectionHandler>("service", ServiceMeta(topics));

    /// <summary>A service logs in that may say for how long a message is to wait for its edge.</summary>
    public SoloPeer ConnectService(bool isExtended) => Connect<ServiceConnectionHandler>("service", ServiceMeta([]), isExtended);

    /// <summary>A service begins to log in.</summary>
    public SoloPeer BeginService(params string[] topics) => Begin<ServiceConnectionHandler>("service", ServiceMeta(topics));

    /// <summary>An edge begins to log in.</summary>
    public SoloPeer BeginEdge() => Begin<EdgeConnectionHandler>("edge", "meta");

    public async ValueTask DisposeAsync()
    {
        foreach (var (peer, session) in _peers)
        {
            peer.Close();
            await session.WaitAsync(Patience);
        }

        await _provider.GetRequiredService<BackgroundWork>().WhenIdleAsync(CancellationToken.None).WaitAsync(Patience);
        await Catalog.StopAsync(new CancellationTokenSource(TimeSpan.FromSeconds(1)).Token);
        await _provider.DisposeAsync();
    }

    private static string ServiceMeta(string[] topics) => $$"""{"service":"solo","topics":[{{string.Join(',', topics.Select(topic => $"\"{topic}\""))}}]}""";

    private SoloPeer Connect<THandler>(string name, string meta, bool isExtended = false)
        where THandler : ConnectionHandler
    {
        var peer = Begin<THandler>(name, meta, isExtended);
        Assert.That(peer.ReadConnAck().Accepted, "the login is accepted");
        return peer;
    }

    private SoloPeer Begin<THandler>(string name, string meta, bool isExtended = false)
        where THandler : ConnectionHandler
    {
        var peer = new PeerEnd(name);
        _peers.Add((peer, _provider.GetRequiredService<THandler>().OnConnectedAsync(peer.Context)));
        peer.Write(isExtended ? ExtendedConn(meta) : FrameTemplates.Conn(meta), peer.NextPacketId());
        peer.Flush();
        return new SoloPeer(peer);
    }

    private static byte[] ExtendedConn(string meta)
    {
        var conn = new ConnBody
        {
            Flags = ConnBody.ClientIdAcquireFlag | ConnBody.ExtendedFlag | 0x30,
            Meta = Base64Text.Encode(System.Text.Encoding.UTF8.GetBytes(meta)),
            Features = PeerFeatures.Keep,
        };
        var body = new byte[conn.GetConnLength()];
        conn.WriteConn(body);
        return FrameTemplates.Frame(FrameType.Conn, body);
    }

    /// <summary>The real time, and more.</summary>
    internal sealed class SkippingTime : TimeProvider
    {
        private long _skipped;

        public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref _skipped);

        public void Skip(TimeSpan time) => Interlocked.Add(ref _skipped, (long)(time.TotalSeconds * TimestampFrequency));
    }

    private sealed class NamedQueues(IReadOnlyList<QueueRoute> routes) : IQueues
    {
        public IReadOnlyList<QueueRoute> Routes => routes;

        public IReadOnlyList<IQueueProducer> All => [];

        public IQueueProducer? Find(string name) => null;
    }
}
