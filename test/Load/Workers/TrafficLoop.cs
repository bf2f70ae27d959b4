using System.Net;
using System.Text.Json;

namespace Frontier.Load;

/// <summary>One loop with its share of a worker's connections and operations. Everything but <see cref="Loop"/> is for the loop's thread.</summary>
internal sealed class TrafficLoop
{
    // Many at once only make a server's backlog overflow.
    private const int SetupWindow = 128;

    private readonly WorkerSpec _spec;
    private readonly Content _content;
    private readonly Responder _responder;
    private readonly ErrorCounts _responderErrors = new();
    private readonly List<Connector> _connectors = [];
    private readonly List<Peer> _accepted = [];
    private readonly IPAddress[] _sources;
    private readonly AcceptedEvents _acceptedEvents;
    private readonly int _index;
    private IReadOnlyList<Peer> _services = [];
    private IReadOnlyList<Peer> _edges = [];
    private IReadOnlyList<IPEndPoint> _edgeAddresses = [];
    private IReadOnlyList<IPEndPoint> _serviceAddresses = [];
    private Driver? _driver;
    private long _receivedBefore;
    private int _nextSource;
    private int _nextEdge;
    private int _nextService;

    public TrafficLoop(EventLoop loop, WorkerSpec spec, int index)
    {
        Loop = loop;
        _spec = spec;
        _index = index;
        _content = new Content(spec.RunId, spec.PayloadBytes);
        _responder = new Responder(_content, spec.Mode == LoadMode.Stream ? StreamUse.Echo : StreamUse.Check, _responderErrors);
        _sources = [.. spec.Sources.Select(IPAddress.Parse)];
        _nextSource = _nextEdge = _nextService = (spec.Index * spec.Threads) + index;
        _acceptedEvents = new AcceptedEvents(this);
    }

    /// <summary>The loop.</summary>
    public EventLoop Loop { get; }

    /// <summary>Takes a connection from the relay.</summary>
    public void Adopt(int descriptor) => Peer.Adopt(Loop, _responder, _acceptedEvents, descriptor);

    /// <summary>Starts to connect services.</summary>
    public Task<IReadOnlyList<Peer>> ConnectServicesAsync(IReadOnlyList<IPEndPoint> edgeAddresses, IReadOnlyList<IPEndPoint> serviceAddresses)
    {
        _edgeAddresses = edgeAddresses;
        _serviceAddresses = serviceAddresses;
        Loop.Add(new Heartbeats(Loop));
        // Only where they answer calls; what is not registered cannot be called, and a registration is work for the whole cluster.
        var after = _spec.Mode is LoadMode.Call or LoadMode.Churn ? AfterLogin.Register : AfterLogin.Nothing;
        return Connect(after, Share(_spec.Services), SetupWindow, schedule: null, DialService);
    }

    /// <summary>Services are online; starts to connect idle edges.</summary>
    public Task<IReadOnlyList<Peer>> ConnectIdleEdgesAsync(IReadOnlyList<Peer> services)
    {
        _services = services;
        return Connect(AfterLogin.Nothing, Share(_spec.IdleEdges), SetupWindow, schedule: null, DialEdge);
    }

    /// <summary>Starts to connect edges.</summary>
    public Task<IReadOnlyList<Peer>> ConnectEdgesAsync(bool isMeasured)
    {
        var after = _spec.Mode switch
        {
            LoadMode.CallToEdge => AfterLogin.Register,
            LoadMode.Stream or LoadMode.StreamBandwidth => AfterLogin.OpenStream,
            _ => AfterLogin.Nothing,
        };
        return isMeasured
            ? Connect(after, Share(_spec.Edges), Math.Max(1, Share(_spec.Concurrency)), CreateSchedule(), DialEdge)
            : Connect(after, Share(_spec.Edges), SetupWindow, schedule: null, DialEdge);
    }

    /// <summary>Edges are online.</summary>
    public Tally TakeEdges(IReadOnlyList<Peer> edges)
    {
        _edges = edges;
        return _connectors[^1].Tally;
    }

    /// <summary>What kept peers from connecting.</summary>
    public Dictionary<string, long> ConnectErrors() => new(_connectors[^1].Tally.Errors.ByKind);

    /// <summary>Connects no more.</summary>
    public void Cancel() => _connectors.ForEach(connector => connector.Cancel());

    /// <summary>Starts operations.</summary>
    /// <param name="isWarmUpOfConnect">Whether it is about connecting and leaving only.</param>
    public void Start(bool isWarmUpOfConnect)
    {
        _driver = CreateDriver(isWarmUpOfConnect);
        _driver.Start();
    }

    /// <summary>Begins the measured time.</summary>
    public void Begin()
    {
        _driver!.BeginMeasuring();
        _receivedBefore = _responder.StreamBytes;
        _responderErrors.Clear();
    }

    /// <summary>Ends the measured time.</summary>
    public void End()
    {
        _driver?.EndMeasuring();
        ReceivedInTime = _responder.StreamBytes - _receivedBefore;
    }

    /// <summary>Hands out what was counted.</summary>
    public Tally Finish()
    {
        var result = new Tally();
        if (_driver is not null)
        {
            _driver.GiveUp();
            result.Add(_driver.Tally);
            result.Errors.Add(_driver.LostConnections.ByKind);
        }

        if (_driver is BandwidthDriver)
        {
            result.Completed = ReceivedInTime / _spec.PayloadBytes;
        }

        result.Errors.Add(_responderErrors.ByKind);
        foreach (var (kind, count) in _connectors.SelectMany(connector => connector.Tally.Errors.ByKind))
        {
            result.Errors.Add($"connection lost: {kind}", count);
        }

        _driver = null;
        return result;
    }

    /// <summary>Bytes of streams that arrived in the measured time.</summary>
    public long ReceivedInTime { get; private set; }

    /// <summary>How far it is.</summary>
    public WorkerSnapshot Snapshot()
    {
        var connecting = _driver is null && _connectors.Count > 0 ? _connectors[^1].Tally : null;
        var errors = _connectors.Sum(connector => connector.Tally.Errors.Total) + _responderErrors.Total + (_driver is null ? 0 : _driver.Tally.Errors.Total + _driver.LostConnections.Total);
        var sent = _driver is BandwidthDriver bandwidth ? bandwidth.BytesSent : 0;
        var completed = _driver is BandwidthDriver ? (_responder.StreamBytes - _receivedBefore) / _spec.PayloadBytes : _driver?.Tally.Completed ?? connecting?.Completed ?? 0;
        return new WorkerSnapshot(
            completed, errors, _driver?.InFlight ?? 0, sent, _responder.StreamBytes, _driver?.IsAlive ?? true, Loop.SocketCount);
    }

    /// <summary>Closes all connections.</summary>
    public void Close()
    {
        foreach (var peer in Loop.Sockets().OfType<Peer>().ToList())
        {
            peer.Close();
        }
    }

    private static int Part(int whole, int parts, int index) => (whole / parts) + (index < whole % parts ? 1 : 0);

    private int Share(int whole) => Part(whole, _spec.Threads, _index);

    private RateSchedule? CreateSchedule()
    {
        var loops = _spec.Count * _spec.Threads;
        var phase = (double)((_spec.Index * _spec.Threads) + _index) / loops;
        return _spec.Rate is { } rate ? new RateSchedule(rate / _spec.Threads, phase) : null;
    }

    private Task<IReadOnlyList<Peer>> Connect(AfterLogin after, int count, int window, RateSchedule? schedule, Dial dial)
    {
        var connector = new Connector(Loop, _content, after, count, window, schedule, TimeSpan.FromSeconds(_spec.TimeoutSeconds), dial);
        _connectors.Add(connector);
        connector.Start();
        return connector.Completion;
    }

    private Driver CreateDriver(bool isWarmUpOfConnect)
    {
        var slots = new SlotCount(Share(_spec.Concurrency), Share(_spec.WarmUpConcurrency));
        var timeout = TimeSpan.FromSeconds(_spec.TimeoutSeconds);
        var schedule = CreateSchedule();
        return _spec.Mode switch
        {
            LoadMode.Churn => new ChurnDriver(Loop, slots, schedule, timeout, _content, DialEdge),
            LoadMode.Connect when isWarmUpOfConnect => new ChurnDriver(Loop, slots, schedule: null, timeout, content: null, DialEdge),
            LoadMode.Stream => new EchoDriver(Loop, slots, schedule, timeout, Lanes(), _content),
            LoadMode.StreamBandwidth => new BandwidthDriver(Loop, Lanes(), _content),
            LoadMode.Publish or LoadMode.PublishToEdge =>
                new ExchangeDriver(Loop, slots, schedule, timeout, Lanes(), _content, Protocol.FrameType.Message),
            LoadMode.Call or LoadMode.CallToEdge =>
                new ExchangeDriver(Loop, slots, schedule, timeout, Lanes(), _content, Protocol.FrameType.Request),
            _ => throw new InvalidOperationException($"{_spec.Mode} has no operations"),
        };
    }

    private Lane[] Lanes()
    {
        if (!_spec.Mode.IsToEdge())
        {
            return [.. _edges.Select(edge => new Lane(edge, 0))];
        }

        return _spec.IsDirect
            ? [.. _accepted.Select(edge => new Lane(edge, 0))]
            : [.. _edges.Select((edge, i) => new Lane(_services[i % _services.Count], edge.Id))];
    }

    private Peer? DialService(PeerEvents events, int tag, out string problem)
    {
        var meta = JsonSerializer.SerializeToUtf8Bytes(
            new ServiceMeta(_content.Service, _spec.Mode == LoadMode.Publish ? [_content.Topic] : []), WorkerJson.Default.ServiceMeta);
        var gateway = _serviceAddresses[_nextService++ % _serviceAddresses.Count];
        return Peer.Dial(Loop, _responder, events, gateway, null, meta, takesStreams: true, _spec.Binary.HasFlag(BinaryEnds.Services), tag, out problem);
    }

    private Peer? DialEdge(PeerEvents events, int tag, out string problem)
    {
        var source = _sources.Length == 0 ? null : _sources[_nextSource++ % _sources.Length];
        var gateway = _edgeAddresses[_nextEdge++ % _edgeAddresses.Count];
        return Peer.Dial(Loop, _responder, events, gateway, source, [], takesStreams: false, _spec.Binary.HasFlag(BinaryEnds.Edges), tag, out problem);
    }

    // Edges that came through the relay: to-edge modes send to them, in the others they ask.
    private sealed class AcceptedEvents(TrafficLoop owner) : PeerEvents
    {
        public override void Online(Peer peer) => owner._accepted.Add(peer);

        public override void Lost(Peer peer, string reason) => owner._accepted.Remove(peer);

        public override void Left(Peer peer) => owner._accepted.Remove(peer);
    }
}

/// <summary>What a service logs in with.</summary>
/// <param name="Service">Its name.</param>
/// <param name="Topics">Topics it takes.</param>
internal sealed record ServiceMeta(
    [property: System.Text.Json.Serialization.JsonPropertyName("service")] string Service,
    [property: System.Text.Json.Serialization.JsonPropertyName("topics")] string[] Topics);
