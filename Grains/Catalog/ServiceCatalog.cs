namespace Frontier.Grains.Catalog;

/// <summary>
/// The catalog as such: the gateways and each one's services, merged into one versioned snapshot. Every member is one atomic step.
/// A new one is empty and fills as gateways sync.
/// </summary>
internal sealed class ServiceCatalog
{
    /// <summary>
    /// How long a new catalog is taken to be incomplete. Until then a gateway's copy from the catalog's earlier life is better than what is here and is
    /// left alone; a gateway without such a copy gets what there is.
    /// </summary>
    public static readonly TimeSpan RebuildTime = CatalogSync.RebuildTime;

    private readonly TimeProvider _clock;
    private readonly long _startedAt;
    private readonly Dictionary<string, GatewayServices> _gateways = new(StringComparer.Ordinal);
    private readonly CatalogChanges _changes = new();

    /// <summary>Creates an empty catalog whose life begins now.</summary>
    /// <param name="clock">The time.</param>
    /// <param name="incarnation">The number of its life.</param>
    /// <param name="queues">Which topics go to external queues.</param>
    public ServiceCatalog(TimeProvider clock, long incarnation, IReadOnlyList<QueueRoute>? queues = null)
    {
        _clock = clock;
        _startedAt = clock.GetTimestamp();
        Snapshot = new CatalogSnapshot(new CatalogVersion(incarnation, Number: 0), []) { Queues = queues ?? [] };
    }

    /// <summary>The catalog now.</summary>
    public CatalogSnapshot Snapshot { get; private set; }

    /// <summary>Takes in what a gateway says; see <see cref="IServiceCatalogGrain.SyncAsync"/> for the answer.</summary>
    public CatalogSnapshot? Sync(CatalogSync sync)
    {
        var gateway = Find(sync.GatewayId);
        if (sync.Sequence <= gateway.Sequence)
        {
            return new CatalogSnapshot(sync.KnownVersion, []) { LastSequence = gateway.Sequence };
        }

        gateway.Sequence = sync.Sequence;
        gateway.SeenAt = _clock.GetTimestamp();
        gateway.KnownVersion = sync.KnownVersion;
        gateway.TakesChanges = sync.TakesChanges;
        OutliveOther(sync.KnownVersion);
        var services = sync.Services;
        if (services is null && sync.Changed is { } changed && gateway.ServicesVersion == changed.Since)
        {
            var replaced = changed.Services.Select(entry => entry.ServiceId).Concat(changed.Gone).ToHashSet();
            services = [.. gateway.Services.Where(entry => !replaced.Contains(entry.ServiceId)), .. changed.Services];
        }

        if (services is null && gateway.ServicesVersion != sync.ServicesVersion)
        {
            return new CatalogSnapshot(Snapshot.Version, []) { ServicesWanted = true };
        }

        if (services is not null)
        {
            gateway.Services = services;
            gateway.Record = sync.Gateway;
            gateway.ServicesVersion = sync.ServicesVersion;
            Merge();
        }

        if (!IsBehind(gateway))
        {
            return null;
        }

        gateway.KnownVersion = Snapshot.Version;
        return For(gateway, sync.KnownVersion);
    }

    /// <summary>The catalog as it is told to a gateway: what changed, when the gateway can take that and what it has is known.</summary>
    /// <param name="gatewayId">The gateway.</param>
    /// <param name="taken">The version that it has at least.</param>
    public CatalogSnapshot For(string gatewayId, CatalogVersion taken) => _gateways.TryGetValue(gatewayId, out var gateway)
        ? For(gateway, taken > gateway.KnownVersion ? taken : gateway.KnownVersion)
        : Snapshot;

    private CatalogSnapshot For(GatewayServices gateway, CatalogVersion known) =>
        (gateway.TakesChanges ? _changes.Since(known, Snapshot) : null) ?? Snapshot;

    /// <summary>Takes note of a gateway that subscribes, which counts as a sign of life only for one that is new here.</summary>
    public void Introduce(string gatewayId) => Find(gatewayId);

    /// <summary>Drops a gateway that leaves, with its services. Its last sequence is kept, so that a sync under way cannot bring them back.</summary>
    public void Leave(string gatewayId)
    {
        if (_gateways.TryGetValue(gatewayId, out var gateway))
        {
            gateway.Services = [];
            gateway.Record = null;
            gateway.ServicesVersion = null;
            Merge();
        }
    }

    /// <summary>Drops the gateways that have been silent for <see cref="CatalogSync.Expiry"/>.</summary>
    /// <returns>The ids of those that were dropped.</returns>
    public IReadOnlyList<string> Expire() => Drop(gateway => _clock.GetElapsedTime(gateway.SeenAt) >= CatalogSync.Expiry);

    /// <summary>Drops the gateways whose process is known to be dead, without waiting for them to expire.</summary>
    /// <returns>The ids of those that were dropped.</returns>
    public IReadOnlyList<string> DropDead(Predicate<SiloAddress> isDead) => Drop(gateway => gateway.Record?.Silo is { } silo && isDead(silo));

    /// <summary>Whether a gateway's copy is to be replaced by the catalog as it is now.</summary>
    public bool IsBehind(string gatewayId) => _gateways.TryGetValue(gatewayId, out var gateway) && IsBehind(gateway);

    /// <summary>Whether a gateway was given a version, or a later one, in answer to a sync.</summary>
    public bool WasGiven(string gatewayId, CatalogVersion version) => _gateways.TryGetValue(gatewayId, out var gateway) && gateway.KnownVersion >= version;

    private bool IsBehind(GatewayServices gateway)
    {
        var known = gateway.KnownVersion;
        var hasCopyOfEarlierLife = known.Incarnation != 0 && known.Incarnation != Snapshot.Version.Incarnation;
        return known != Snapshot.Version && !(hasCopyOfEarlierLife && _clock.GetElapsedTime(_startedAt) < RebuildTime);
    }

    private List<string> Drop(Predicate<GatewayServices> isGone)
    {
        List<string> gone = [.. _gateways.Where(entry => isGone(entry.Value)).Select(entry => entry.Key)];
        if (gone.Count > 0)
        {
            gone.ForEach(gatewayId => _gateways.Remove(gatewayId));
            Merge();
        }

        return gone;
    }

    private GatewayServices Find(string gatewayId)
    {
        if (!_gateways.TryGetValue(gatewayId, out var gateway))
        {
            gateway = new GatewayServices { SeenAt = _clock.GetTimestamp() };
            _gateways.Add(gatewayId, gateway);
        }

        return gateway;
    }

    // The earlier life may have been on a machine whose clock is ahead; its copies would then look newer than anything from here.
    private void OutliveOther(CatalogVersion known)
    {
        if (known.Incarnation > Snapshot.Version.Incarnation)
        {
            Snapshot = Snapshot with { Version = new CatalogVersion(known.Incarnation + 1, Snapshot.Version.Number) };
        }
    }

    private void Merge()
    {
        var merged = CatalogMerge.Merge(_gateways.Values.SelectMany(gateway => gateway.Services));
        var gateways = _gateways.Values.Select(gateway => gateway.Record).OfType<GatewayRecord>()
            .OrderBy(gateway => gateway.GatewayId, StringComparer.Ordinal).ToArray();
        var hasSameGateways = gateways.SequenceEqual(Snapshot.Gateways);
        if (!CatalogMerge.AreSame(merged, Snapshot.Services) || !hasSameGateways)
        {
            Snapshot = Snapshot with { Version = Snapshot.Version with { Number = Snapshot.Version.Number + 1 }, Services = merged, Gateways = gateways };
            _changes.Note(Snapshot, hasSameGateways);
        }
    }
}
