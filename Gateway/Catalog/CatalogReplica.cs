using System.Collections.Concurrent;
using Frontier.GrainInterfaces;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>
/// This gateway's copy of the service catalog. Its own services are put in and taken out here, and only here; the services of other gateways
/// come from the catalog grain, by push and at every sync. One loop does all the work, so that a burst of registrations becomes one change.
/// </summary>
/// <param name="grains">Where the catalog is.</param>
/// <param name="identity">Which gateway this is.</param>
/// <param name="epochs">The process's epoch clock, which goes by those of the other processes.</param>
/// <param name="logger">Where failures are logged.</param>
/// <param name="queues">The external queues of this process, which are known before the catalog is reached.</param>
/// <param name="rules">How services take topics.</param>
/// <param name="time">By which the age of the catalog's life is told.</param>
internal sealed partial class CatalogReplica(
    IGrainFactory grains, GatewayIdentity identity, EpochClock epochs, ILogger<CatalogReplica> logger, IQueues? queues = null,
    TopicRules? rules = null, TimeProvider? time = null)
    : BackgroundService, ICatalogObserver
{
    // A third of the time after which the catalog forgets a silent gateway, so that two syncs may be lost.
    private static readonly TimeSpan SyncInterval = CatalogSync.Expiry / 6;

    // How soon to try again what failed: the catalog is made anew within a second or two of the death of the process that held it.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    // Changed under the lock, together with what follows from it; read without, by every frame that another gateway sends to a service.
    private readonly ConcurrentDictionary<ulong, ServiceSession> _local = [];
    // Services between the answer to their claim and their place in the catalog: as many as log in at this moment.
    private readonly ConcurrentDictionary<ServiceSession, byte> _entering = [];
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly AutoResetSignal _changed = new();
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<TaskCompletionSource> _waiters = [];
    private List<TaskCompletionSource<bool>> _doubters = [];
    private long _incarnation;
    private long _incarnationSeenAt;
    private CatalogSnapshot? _remote;
    private ICatalogObserver? _reference;
    private volatile ServiceDirectory _directory = ServiceDirectory.Empty;
    private volatile GatewayDirectory _gateways = GatewayDirectory.Empty;
    private GatewayRecord? _self;
    // Larger than anything an earlier process with this gateway's id has used; the catalog says so when it is not.
    private long _sequence = epochs.Now;
    private long _servicesVersion;
    private long _syncedVersion = -1;
    // Services that came, changed or left since the last sync began.
    private HashSet<ulong> _unsynced = [];
    // The version of the services and of the catalog's copy for which the directory was made; it is made anew only when one of them is another.
    private (long Services, CatalogVersion Remote) _built = (-1, default);
    private bool _subscribed;

    /// <summary>Raised when gateways are not in the catalog any more, or have started anew.</summary>
    public event Action<IReadOnlyList<GatewayRecord>>? GatewaysLeft;

    /// <summary>The current version; take it once per frame.</summary>
    public ServiceDirectory Directory => _directory;

    /// <summary>How services take topics.</summary>
    public TopicRules TopicRules { get; } = rules ?? TopicRules.Plain;

    /// <summary>The gateways of the cluster, this one included once it listens.</summary>
    public GatewayDirectory Gateways => _gateways;

    /// <summary>Completes with the first sync: from then on the services of the whole cluster are known here.</summary>
    public Task Reached => _reached.Task;

    /// <summary>Says what others are to know of this gateway.</summary>
    /// <returns>Completes when they know, as far as they can be reached.</returns>
    public Task AnnounceAsync(GatewayRecord self)
    {
        lock (_gate)
        {
            _self = self;
            return ChangedAsync();
        }
    }

    /// <summary>A service was let in of which the rest of the cluster could not be told everything.</summary>
    public event Action? LocalNotTold;

    /// <summary>Raises <see cref="LocalNotTold"/>.</summary>
    public void OnLocalNotTold() => LocalNotTold?.Invoke();

    /// <summary>
    /// Makes sure that what is not in this copy is not in the catalog either: a service that was told that it is online before this was called is in
    /// <see cref="Directory"/> afterwards. Many may ask at once; one sync answers all.
    /// </summary>
    /// <param name="limit">How long it may take.</param>
    /// <returns>False when that is not certain: the catalog does not answer, or has begun a new life and may not know every gateway's services yet.</returns>
    public async Task<bool> ConfirmAsync(TimeSpan limit)
    {
        var doubter = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _doubters.Add(doubter);
        }

        _changed.Set();
        try
        {
            return await doubter.Task.WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Syncs now: something happened in the cluster that may have to do with the catalog.</summary>
    public void Wake() => _changed.Set();

    /// <summary>How many services this gateway has.</summary>
    public int LocalCount
    {
        get
        {
            lock (_gate)
            {
                return _local.Count;
            }
        }
    }

    /// <summary>The session of a service of this gateway. Takes no lock.</summary>
    public ServiceSession? FindLocal(ulong serviceId) => _local.GetValueOrDefault(serviceId);

    /// <summary>The session of a service and an epoch, in the catalog or about to be; null when it is not here (any more).</summary>
    public ServiceSession? FindLocal(ulong serviceId, long epoch)
    {
        // In this order: a session leaves the second only after it has come into the first.
        var entering = _entering.Keys.FirstOrDefault(session => session.ServiceId == serviceId && session.Epoch == epoch && !session.IsGone);
        return entering ?? (FindLocal(serviceId) is { } session && session.Epoch == epoch ? session : null);
    }

    /// <summary>A session has claimed its id: from now on it is found by its epoch.</summary>
    public void Enter(ServiceSession session) => _entering[session] = 0;

    /// <summary>The login of a session is over: it is in the catalog, or has failed.</summary>
    public void Entered(ServiceSession session) => _entering.TryRemove(session, out _);

    /// <summary>The sessions of this gateway's services.</summary>
    public IReadOnlyList<ServiceSession> Locals
    {
        get
        {
            lock (_gate)
            {
                return [.. _local.Values];
            }
        }
    }

    /// <summary>Puts a service in, or says that its methods changed.</summary>
    /// <param name="session">The service's session.</param>
    /// <param name="previous">The session that held the id here before; null when none did.</param>
    /// <param name="known">Completes when this gateway knows it and the catalog has been told.</param>
    /// <returns>False when a session with a later epoch has the id, or this session is over.</returns>
    public bool TryPut(ServiceSession session, out ServiceSession? previous, out Task known)
    {
        lock (_gate)
        {
            known = Task.CompletedTask;
            if (_local.TryGetValue(session.ServiceId, out previous))
            {
                if (previous == session)
                {
                    previous = null;
                }
                else if (previous.Epoch > session.Epoch)
                {
                    return false;
                }
            }

            if (session.IsGone)
            {
                return false;
            }

            _local[session.ServiceId] = session;
            _unsynced.Add(session.ServiceId);
            known = ChangedAsync();
            return true;
        }
    }

    /// <summary>Takes a service out, unless a newer session has its id.</summary>
    public void Remove(ServiceSession session)
    {
        lock (_gate)
        {
            if (_local.TryRemove(KeyValuePair.Create(session.ServiceId, session)))
            {
                _unsynced.Add(session.ServiceId);
                _ = ChangedAsync();
            }
        }
    }

    /// <summary>Takes all of this gateway's services out of the catalog, for good; their sessions stay as they are.</summary>
    /// <param name="limit">How long to wait at most until the other gateways know.</param>
    public async Task WithdrawAsync(TimeSpan limit)
    {
        Task known;
        lock (_gate)
        {
            if (_local.IsEmpty)
            {
                return;
            }

            _unsynced.UnionWith(_local.Keys);
            _local.Clear();
            known = ChangedAsync();
        }

        await Task.WhenAny(known, Task.Delay(limit));
    }

    /// <inheritdoc/>
    public ValueTask CatalogChangedAsync(CatalogSnapshot snapshot)
    {
        if (TakeRemote(snapshot))
        {
            _changed.Set();
        }

        return default;
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (ExecuteTask is null)
        {
            return; // Never started, so nobody knows this gateway.
        }

        try
        {
            await grains.GetServiceCatalog().LeaveAsync(identity.GatewayId).AsTask().WaitAsync(cancellationToken);
        }
#pragma warning disable CA1031 // The catalog forgets a gateway that does not say goodbye.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.LeaveFailed(logger, e.Message);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var isReached = true;
        while (!stoppingToken.IsCancellationRequested)
        {
            List<TaskCompletionSource> waiters;
            List<TaskCompletionSource<bool>> doubters;
            lock (_gate)
            {
                (waiters, _waiters) = (_waiters, []);
                (doubters, _doubters) = (_doubters, []);
            }

            var isCurrent = false;
            try
            {
                Rebuild();
                isCurrent = await SyncAsync(stoppingToken);
                _reached.TrySetResult();
                if (!isReached)
                {
                    isReached = true;
                    Log.SyncedAgain(logger);
                }
            }
#pragma warning disable CA1031 // Without the catalog this gateway serves its own peers; the next sync makes it good.
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                if (isReached)
                {
                    isReached = false;
                    Log.SyncFailed(logger, e.Message);
                }
            }
            finally
            {
                doubters.ForEach(doubter => doubter.TrySetResult(isCurrent));
                _ = ReleaseAsync(waiters);
            }

            try
            {
                await _changed.WaitAsync(isReached ? SyncInterval : RetryInterval, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                // Stopping.
            }
        }

        lock (_gate)
        {
            _waiters.ForEach(waiter => waiter.TrySetResult());
            _waiters.Clear();
            _doubters.ForEach(doubter => doubter.TrySetResult(false));
            _doubters.Clear();
        }
    }

    // Those who wait for a change of this gateway's services go on when the others can act on it, too.
    private async Task ReleaseAsync(List<TaskCompletionSource> waiters)
    {
        if (waiters.Count > 0 && _gateways.All.Count > 1 && _remote is { } remote)
        {
            try
            {
                await grains.GetServiceCatalog().PropagatedAsync(remote.Version).AsTask().WaitAsync(2 * CatalogSync.PropagationLimit);
            }
#pragma warning disable CA1031 // The others hear of it later.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Log.SyncFailed(logger, e.Message);
            }
        }

        waiters.ForEach(waiter => waiter.TrySetResult());
    }

    // The caller holds the lock.
    private Task ChangedAsync()
    {
        _servicesVersion++;
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiters.Add(waiter);
        _changed.Set();
        return waiter.Task;
    }

    private bool TakeRemote(CatalogSnapshot snapshot)
    {
        lock (_gate)
        {
            epochs.See(snapshot.EpochNow);
            if (snapshot.Version <= (_remote?.Version ?? default))
            {
                return false;
            }

            var whole = snapshot.Since is null ? snapshot : _remote?.Apply(snapshot);
            if (whole is null)
            {
                _changed.Set(); // A push before it was lost: the next sync says what is known here.
                return false;
            }

            _remote = whole;
            Meet(snapshot.Version.Incarnation);
        }

        Rebuild(); // At once: whoever pushes a change waits for it to be known here.
        return true;
    }

    private void Rebuild()
    {
        List<GatewayRecord> left;
        lock (_gate)
        {
            var version = (_servicesVersion, _remote?.Version ?? default);
            if (_built == version)
            {
                return;
            }

            _built = version;
            var before = _gateways;
            _directory = BuildDirectory();
            _gateways = BuildGateways();
            left = [.. before.All.Where(gateway => !Equals(_gateways.Find(gateway.GatewayId)?.Silo, gateway.Silo))];
        }

        if (left.Count > 0)
        {
            GatewaysLeft?.Invoke(left);
        }
    }

    // The caller holds the lock.
    private ServiceDirectory BuildDirectory()
    {
        var services = new List<(CatalogEntry, ServiceSession?)>(_local.Count);
        services.AddRange(_local.Values.Select(session => (session.ToCatalogEntry(), (ServiceSession?)session)));
        services.AddRange((_remote?.Services ?? [])
            .Where(entry => entry.GatewayId != identity.GatewayId)
            .Select(entry => (entry, (ServiceSession?)null)));
        return new ServiceDirectory(services, _remote?.Gateways, _remote?.Queues ?? queues?.Routes, TopicRules);
    }

    // The caller holds the lock.
    private GatewayDirectory BuildGateways()
    {
        var others = (_remote?.Gateways ?? []).Where(gateway => gateway.GatewayId != identity.GatewayId);
        GatewayRecord[] gateways = _self is null ? [.. others] : [.. others, _self];
        return gateways.Length == _gateways.All.Count && gateways.All(gateway => gateway.Equals(_gateways.Find(gateway.GatewayId)))
            ? _gateways
            : new GatewayDirectory(gateways);
    }

    // Whether everything that the catalog knew of when this began is known here. In the first seconds of a catalog's life it does not know everything itself.
    private async Task<bool> SyncAsync(CancellationToken cancellationToken)
    {
        var catalog = grains.GetServiceCatalog();
        if (_reference is null)
        {
            _reference = grains.CreateObjectReference<ICatalogObserver>(this);
        }

        CatalogSync sync;
        lock (_gate)
        {
            var services = _syncedVersion < 0 ? _local.Values.Select(session => session.ToCatalogEntry()).ToList() : null;
            var changed = services is not null || _syncedVersion == _servicesVersion ? null : new CatalogChange(
                _syncedVersion,
                [.. _unsynced.Select(id => _local.GetValueOrDefault(id)).OfType<ServiceSession>().Select(session => session.ToCatalogEntry())],
                [.. _unsynced.Where(id => !_local.ContainsKey(id))]);
            _unsynced = [];
            sync = new CatalogSync(identity.GatewayId, ++_sequence, services, _servicesVersion, _remote?.Version ?? default)
            {
                Gateway = _self,
                EpochNow = epochs.Now,
                Changed = changed,
                TakesChanges = true,
            };
        }

        // Whether the catalog has them is known only when it has answered; until then the next sync says all of them.
        _syncedVersion = -1;
        var snapshot = await catalog.SyncAsync(sync).AsTask().WaitAsync(cancellationToken);
        epochs.See(snapshot?.EpochNow ?? 0);
        if (snapshot is { LastSequence: not 0 })
        {
            _sequence = Math.Max(_sequence, snapshot.LastSequence);
            _changed.Set();
            return false;
        }

        if (snapshot is { ServicesWanted: true })
        {
            _subscribed = false;
            Meet(snapshot.Version.Incarnation);
            _changed.Set();
            return false;
        }

        _syncedVersion = sync.ServicesVersion;
        if (snapshot is not null && TakeRemote(snapshot))
        {
            // A change that no push had told of, or the answer to this sync's own change; renewing the subscription is cheap and makes sure.
            _subscribed = false;
            _changed.Set();
        }

        if (!_subscribed)
        {
            await catalog.SubscribeAsync(identity.GatewayId, _reference).AsTask().WaitAsync(cancellationToken);
            _subscribed = true;
        }

        lock (_gate)
        {
            return _remote is { } remote
                && remote.Version.Incarnation == _incarnation
                && _time.GetElapsedTime(_incarnationSeenAt) >= CatalogSync.RebuildTime;
        }
    }

    private void Meet(long incarnation)
    {
        lock (_gate)
        {
            if (incarnation > _incarnation)
            {
                (_incarnation, _incarnationSeenAt) = (incarnation, _time.GetTimestamp());
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The service catalog could not be reached; this gateway goes on with its own copy: {Error}")]
        public static partial void SyncFailed(ILogger logger, string error);

        [LoggerMessage(2, LogLevel.Information, "The service catalog is reached again")]
        public static partial void SyncedAgain(ILogger logger);

        [LoggerMessage(3, LogLevel.Information, "The service catalog was not told that this gateway leaves; it will find out: {Error}")]
        public static partial void LeaveFailed(ILogger logger, string error);
    }
}
