using Frontier.GrainInterfaces;
using Frontier.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Frontier.Gateway;

/// <summary>What every session of the gateway needs, behind one reference, because there are very many sessions.</summary>
internal sealed class GatewayCore
{
    /// <summary>The key of the <see cref="TimeProvider"/> for times that plain peers read; the machine's where there is none.</summary>
    public const string WallClock = "frontier.wall";

    public GatewayCore(
        IOptions<EdgeboundOptions> edgebound,
        IOptions<ExchangeOptions> exchange,
        IOptions<LimitOptions> limits,
        GatewayIdentity identity,
        TimerWheel wheel,
        EdgeTable edges,
        CatalogReplica catalog,
        EpochClock epochs,
        PresenceHooks hooks,
        LiveSessions sessions,
        GatewayMetrics metrics,
        BackgroundWork background,
        AwakeGuard awake,
        IGrainFactory grains,
        ILoggerFactory loggers,
        IGatewayPorts? ports = null,
        IOptions<EdgeOptions>? edgeOptions = null,
        ISessionObserver? observer = null,
        [FromKeyedServices(WallClock)] TimeProvider? clock = null)
    {
        Observer = observer;
        KeepsForEdges = edgeOptions?.Value.Retain == true;
        Edgebound = edgebound.Value;
        ForwardTimeout = exchange.Value.ForwardTimeout;
        HashBy = exchange.Value.HashBy;
        Identity = identity;
        Wheel = wheel;
        Edges = edges;
        Catalog = catalog;
        Epochs = epochs;
        Hooks = hooks;
        Sessions = sessions;
        Metrics = metrics;
        Background = background;
        Awake = awake;
        Grains = grains;
        EdgeLogger = loggers.CreateLogger<EdgeSession>();
        ServiceLogger = loggers.CreateLogger<ServiceSession>();
        Limits = limits.Value;
        InputBudget = new InputBudget(Limits, sessions, loggers.CreateLogger<InputBudget>());
        metrics.ObserveUnparsed(() => InputBudget.HeldBytes);
        ConnectionOptions = new ConnectionOptions
        {
            MaxFrameBytes = Limits.MaxFrameBytes,
            MaxLoginBytes = Limits.MaxLoginBytes,
            MaxMetaBytes = Limits.MaxMetaBytes,
            MaxSessions = Limits.MaxSessionsPerConnection,
            MaxInFlight = Limits.MaxInFlightPerConnection,
            MaxOutboundBytes = Limits.MaxOutboundBytesPerConnection,
            PlainMessageWindow = Limits.PlainMessageWindow,
            MaxMethods = Limits.MaxMethodsPerConnection,
            MaxNameBytes = Limits.MaxNameBytes,
            HandshakeTimeout = Limits.HandshakeTimeout,
            CloseTimeout = Limits.CloseTimeout,
            SlowConsumerTimeout = Limits.SlowConsumerTimeout,
            StreamPacing = Limits.PlainStreamFramesPerSecond == 0 ? null : new StreamPacing
            {
                FramesPerSecond = Limits.PlainStreamFramesPerSecond,
                BurstFrames = Limits.PlainStreamBurstFrames,
                ReadBytesPerSecond = Limits.PlainStreamReadBytesPerSecond,
            },
            Clock = clock ?? TimeProvider.System,
            Features = KeepsForEdges ? PeerFeatures.All : PeerFeatures.All & ~PeerFeatures.Keep,
        };
        Trunks = new Trunks(this, ports, loggers.CreateLogger<Trunks>());
        catalog.GatewaysLeft += left => Trunks.Cut(silo => left.Any(gateway => silo.Equals(gateway.Silo)));
        Leaving = new LeavingGateways(catalog, sessions, edges, ports, identity, TimeProvider.System);
        EdgeRoutes = new EdgeRoutes(grains, Trunks, edges, Leaving, TimeProvider.System, Limits.MaxRouteWaitingBytes, loggers.CreateLogger<EdgeRoutes>());
        Keys = new KeyCache(Limits.MaxNameBytes);
        KeptMessages = new KeptMessages(this);
        TopicLanes = new TopicLanes(grains, () => identity.GatewayId, Limits, loggers.CreateLogger<TopicLanes>());
        UnknownTopics = new UnknownTopics(catalog, TopicLanes, loggers.CreateLogger<UnknownTopics>());
    }

    public EdgeboundOptions Edgebound { get; }

    /// <summary>The process's epoch clock.</summary>
    public EpochClock Epochs { get; }

    public HashBy HashBy { get; }

    /// <summary>Whether messages may wait for edges that are not online.</summary>
    public bool KeepsForEdges { get; }

    public LimitOptions Limits { get; }

    public InputBudget InputBudget { get; }

    /// <summary>How long a forwarded request may take.</summary>
    public TimeSpan ForwardTimeout { get; }

    public ConnectionOptions ConnectionOptions { get; }

    public GatewayIdentity Identity { get; }

    public TimerWheel Wheel { get; }

    public EdgeTable Edges { get; }

    public CatalogReplica Catalog { get; }

    public PresenceHooks Hooks { get; }

    public LiveSessions Sessions { get; }

    /// <summary>Who wants to hear of sessions that begin and end; null for nobody.</summary>
    public ISessionObserver? Observer { get; }

    public GatewayMetrics Metrics { get; }

    public BackgroundWork Background { get; }

    public AwakeGuard Awake { get; }

    public Trunks Trunks { get; }

    public LeavingGateways Leaving { get; }

    public EdgeRoutes EdgeRoutes { get; }

    public IGrainFactory Grains { get; }

    public KeyCache Keys { get; }

    public TopicLanes TopicLanes { get; }

    public UnknownTopics UnknownTopics { get; }

    public KeptMessages KeptMessages { get; }

    public TopicRules TopicRules => Catalog.TopicRules;

    public ILogger EdgeLogger { get; }

    public ILogger ServiceLogger { get; }
}
