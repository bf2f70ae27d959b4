using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Frontier.Grains.Catalog;

/// <summary>The cluster's one service catalog. Requests interleave, and all but one wait for nothing; pushes run beside them.</summary>
[KeepAlive, Reentrant]
internal sealed partial class ServiceCatalogGrain : Grain, IServiceCatalogGrain, IDisposable
{
    // A fraction of CatalogSync.Expiry (30 s) by which a dead gateway may be noticed late; looking costs next to nothing.
    private static readonly TimeSpan ExpiryCheckPeriod = TimeSpan.FromSeconds(1);

    private readonly ILogger<ServiceCatalogGrain> _logger;
    private readonly ServiceCatalog _catalog;
    private readonly EpochClock _epochs;
    private readonly Dictionary<string, CatalogFeed> _feeds = new(StringComparer.Ordinal);
    private readonly IClusterMembershipService _membership;
    private readonly CancellationTokenSource _over = new();
    private readonly TopicRules _rules;
    private TaskCompletionSource _progress = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Creates the grain.</summary>
    public ServiceCatalogGrain(
        [FromKeyedServices(TimeProviderNames.Grains)] TimeProvider clock,
        EpochClock epochs,
        IClusterMembershipService membership,
        ILogger<ServiceCatalogGrain> logger,
        IQueues? queues = null,
        TopicRules? rules = null)
    {
        _logger = logger;
        _rules = rules ?? TopicRules.Plain;
        _membership = membership;
        _epochs = epochs;
        _catalog = new ServiceCatalog(clock, epochs.Next(), queues?.Routes);
    }

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Log.Started(_logger, _catalog.Snapshot.Version.Incarnation);
        this.RegisterGrainTimer(
            static grain =>
            {
                grain.Expire();
                return Task.CompletedTask;
            },
            this,
            new GrainTimerCreationOptions(ExpiryCheckPeriod, ExpiryCheckPeriod));
        FollowMembershipAsync().Ignore();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _over.Cancel();
        _over.Dispose();
    }

    /// <inheritdoc/>
    public ValueTask<CatalogSnapshot?> SyncAsync(CatalogSync sync)
    {
        if (sync.Gateway?.Silo is { } silo && IsDead(silo))
        {
            return default; // Its last words, which were on the way when the cluster gave it up.
        }

        _epochs.See(sync.EpochNow);
        var answer = _catalog.Sync(sync) ?? new CatalogSnapshot(sync.KnownVersion, []);
        Push();
        return ValueTask.FromResult<CatalogSnapshot?>(answer with { EpochNow = _epochs.Now });
    }

    /// <inheritdoc/>
    public ValueTask SubscribeAsync(string gatewayId, ICatalogObserver observer)
    {
        _catalog.Introduce(gatewayId);
        // A renewal must not begin a second push beside one that is under way.
        if (!_feeds.TryGetValue(gatewayId, out var feed) || !feed.Observer.Equals(observer))
        {
            feed?.Stop();
            _feeds[gatewayId] = new CatalogFeed(
                observer,
                taken => _catalog.For(gatewayId, taken) with { EpochNow = _epochs.Now },
                Progress,
                (failed, exception) => Drop(gatewayId, failed, exception));
        }

        Push();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask PropagatedAsync(CatalogVersion version)
    {
        var limit = Task.Delay(CatalogSync.PropagationLimit, CancellationToken.None);
        while (!limit.IsCompleted && _feeds.Any(feed => feed.Value.Taken < version && !_catalog.WasGiven(feed.Key, version)))
        {
            await Task.WhenAny(_progress.Task, limit);
        }
    }

    /// <inheritdoc/>
    public ValueTask LeaveAsync(string gatewayId)
    {
        _catalog.Leave(gatewayId);
        Unsubscribe(gatewayId);
        Push();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<CatalogSnapshot> GetAsync() => ValueTask.FromResult(_catalog.Snapshot);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<TopicTaker>> FindTopicAsync(string topic) =>
        ValueTask.FromResult(TopicTakers.Find(_catalog.Snapshot.Services, _rules, topic));

    private void Expire()
    {
        foreach (var gatewayId in _catalog.Expire())
        {
            Unsubscribe(gatewayId);
            Log.Expired(_logger, gatewayId, CatalogSync.Expiry);
        }

        Push();
    }

    // A killed gateway is gone for the others as soon as the cluster knows, not only when its silence has lasted long enough.
    private async Task FollowMembershipAsync()
    {
        while (!_over.IsCancellationRequested)
        {
            try
            {
                await foreach (var _ in _membership.MembershipUpdates.WithCancellation(_over.Token))
                {
                    DropDead();
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
#pragma warning disable CA1031 // Without it a dead gateway would be served to all for half a minute, and nobody would know why.
            catch (Exception error)
#pragma warning restore CA1031
            {
                Log.NotFollowed(_logger, ExpiryCheckPeriod, error);
            }

            await Task.Delay(ExpiryCheckPeriod, CancellationToken.None);
        }
    }

    private void DropDead()
    {
        foreach (var gatewayId in _catalog.DropDead(IsDead))
        {
            Unsubscribe(gatewayId);
            Log.Dead(_logger, gatewayId);
        }

        Push();
    }

    private bool IsDead(SiloAddress silo) => _membership.CurrentSnapshot.GetSiloStatus(silo) == SiloStatus.Dead;

    private void Push()
    {
        // An offer that fails at once removes its feed, which a dictionary allows while it is walked.
        foreach (var (gatewayId, feed) in _feeds)
        {
            if (_catalog.IsBehind(gatewayId))
            {
                feed.Offer(_catalog.Snapshot.Version);
            }
        }
    }

    // Whoever waits for gateways to have a version looks again.
    private void Progress()
    {
        var before = _progress;
        _progress = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        before.SetResult();
    }

    private void Unsubscribe(string gatewayId)
    {
        if (_feeds.Remove(gatewayId, out var feed))
        {
            feed.Stop();
            Progress();
        }
    }

    private void Drop(string gatewayId, CatalogFeed failed, Exception exception)
    {
        // A newer subscription of the gateway is not touched by the failure of an older one.
        if (_feeds.TryGetValue(gatewayId, out var feed) && ReferenceEquals(feed, failed))
        {
            _feeds.Remove(gatewayId);
            Progress();
            Log.PushFailed(_logger, exception, gatewayId);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5, LogLevel.Error, "Failed to follow the cluster's membership; trying again in {Delay}")]
        public static partial void NotFollowed(ILogger logger, TimeSpan delay, Exception error);

        [LoggerMessage(1, LogLevel.Information, "Service catalog started, incarnation {Incarnation}")]
        public static partial void Started(ILogger logger, long incarnation);

        [LoggerMessage(2, LogLevel.Warning, "Gateway {GatewayId} has not synced for {Expiry}; its services are dropped from the catalog")]
        public static partial void Expired(ILogger logger, string gatewayId, TimeSpan expiry);

        [LoggerMessage(4, LogLevel.Information, "Gateway {GatewayId} is dead; it is dropped from the catalog with its services")]
        public static partial void Dead(ILogger logger, string gatewayId);

        [LoggerMessage(3, LogLevel.Information, "A push of the catalog to gateway {GatewayId} failed; none follow until it subscribes again")]
        public static partial void PushFailed(ILogger logger, Exception exception, string gatewayId);
    }
}
