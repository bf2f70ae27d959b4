using Frontier.GrainInterfaces;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>
/// This gateway's copy of the service catalog. Its own services are put in and taken out here, and only here; the services of other gateways
/// come from the catalog grain, by push and at every sync. One loop does all the work, so that a burst of registrations becomes one change.
/// </summary>
internal sealed partial class CatalogReplica(IGrainFactory grains, GatewayIdentity identity, ILogger<CatalogReplica> logger) : BackgroundService, ICatalogObserver
{
    // A third of the time after which the catalog forgets a silent gateway, so that two syncs may be lost.
    private static readonly TimeSpan SyncInterval = CatalogSync.Expiry / 6;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, ServiceSession> _local = [];
    private readonly SemaphoreSlim _changed = new(0, 1);
    private List<TaskCompletionSource> _waiters = [];
    private CatalogSnapshot? _remote;
    private ICatalogObserver? _reference;
    private volatile ServiceDirectory _directory = ServiceDirectory.Empty;
    // Larger than anything an earlier process with this gateway's id has used.
    private long _sequence = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
    private long _servicesVersion;
    private long _syncedVersion = -1;
    private bool _subscribed;

    /// <summary>The current version; take it once per frame.</summary>
    public ServiceDirectory Directory => _directory;

    /// <summary>The sessions of this gateway's services, as they are now.</summary>
    public IReadOnlyList<ServiceSession> Local
    {
        get
        {
            lock (_gate)
            {
                return [.. _local.Values];
            }
        }
    }

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

    /// <summary>The session of a service of this gateway.</summary>
    public ServiceSession? FindLocal(ulong serviceId)
    {
        lock (_gate)
        {
            return _local.GetValueOrDefault(serviceId);
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
            known = ChangedAsync();
            return true;
        }
    }

    /// <summary>Takes a service out, unless a newer session has its id.</summary>
    public void Remove(ServiceSession session)
    {
        lock (_gate)
        {
            if (_local.TryGetValue(session.ServiceId, out var held) && held == session)
            {
                _local.Remove(session.ServiceId);
                _ = ChangedAsync();
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask CatalogChangedAsync(CatalogSnapshot snapshot)
    {
        if (TakeRemote(snapshot))
        {
            Signal();
        }

        return default;
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await grains.GetServiceCatalog().LeaveAsync(identity.GatewayId).AsTask().WaitAsync(cancellationToken);
        }
#pragma warning disable CA1031 // The catalog forgets a gateway that does not say goodbye.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.SyncFailed(logger, e.Message);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            List<TaskCompletionSource> waiters;
            lock (_gate)
            {
                (waiters, _waiters) = (_waiters, []);
                _directory = BuildDirectory();
            }

            try
            {
                await SyncAsync(stoppingToken);
            }
#pragma warning disable CA1031 // Without the catalog this gateway serves its own peers; the next sync makes it good.
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Log.SyncFailed(logger, e.Message);
            }
            finally
            {
                waiters.ForEach(waiter => waiter.TrySetResult());
            }

            try
            {
                await _changed.WaitAsync(SyncInterval, stoppingToken);
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
        }
    }

    // The caller holds the lock.
    private Task ChangedAsync()
    {
        _servicesVersion++;
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiters.Add(waiter);
        Signal();
        return waiter.Task;
    }

    private void Signal()
    {
        try
        {
            _changed.Release();
        }
        catch (SemaphoreFullException)
        {
            // The loop has been told already.
        }
    }

    private bool TakeRemote(CatalogSnapshot snapshot)
    {
        lock (_gate)
        {
            if (_remote is not null && snapshot.Version <= _remote.Version)
            {
                return false;
            }

            _remote = snapshot;
            return true;
        }
    }

    // The caller holds the lock.
    private ServiceDirectory BuildDirectory()
    {
        var services = new List<(CatalogEntry, ServiceSession?)>(_local.Count);
        services.AddRange(_local.Values.Select(session => (session.ToCatalogEntry(), (ServiceSession?)session)));
        services.AddRange((_remote?.Services ?? [])
            .Where(entry => entry.GatewayId != identity.GatewayId && !_local.ContainsKey(entry.ServiceId))
            .Select(entry => (entry, (ServiceSession?)null)));
        return new ServiceDirectory(services);
    }

    private async Task SyncAsync(CancellationToken cancellationToken)
    {
        var catalog = grains.GetServiceCatalog();
        if (_reference is null)
        {
            _reference = grains.CreateObjectReference<ICatalogObserver>(this);
        }

        CatalogSync sync;
        lock (_gate)
        {
            var services = _syncedVersion == _servicesVersion ? null : _local.Values.Select(session => session.ToCatalogEntry()).ToList();
            sync = new CatalogSync(identity.GatewayId, ++_sequence, services, _servicesVersion, _remote?.Version ?? default);
        }

        var snapshot = await catalog.SyncAsync(sync).AsTask().WaitAsync(cancellationToken);
        if (snapshot is { ServicesWanted: true })
        {
            _syncedVersion = -1;
            _subscribed = false;
            Signal();
            return;
        }

        _syncedVersion = sync.ServicesVersion;
        if (snapshot is not null && TakeRemote(snapshot))
        {
            // A change that no push had told of, or the answer to this sync's own change; renewing the subscription is cheap and makes sure.
            _subscribed = false;
            Signal();
        }

        if (!_subscribed)
        {
            await catalog.SubscribeAsync(identity.GatewayId, _reference).AsTask().WaitAsync(cancellationToken);
            _subscribed = true;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The service catalog could not be reached; this gateway goes on with its own copy: {Error}")]
        public static partial void SyncFailed(ILogger logger, string error);
    }
}
