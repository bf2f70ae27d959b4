using Frontier.Grains.Activations;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Placement;

namespace Frontier.Grains.Sessions;

/// <summary>
/// What edges and services have in common as grains: an id that one session holds, on one gateway, whose process is where the grain lives.
/// Requests interleave, so that a call that takes long holds up nothing; between awaits every change is one step.
/// </summary>
/// <typeparam name="TLink">The session as the gateway in this process shows it.</typeparam>
internal abstract partial class SessionGrain<TLink> : Grain, IGrainMigrationParticipant
    where TLink : class, ISessionLink
{
    private const string LeaseKey = "frontier.lease";

    private readonly SessionLease _lease;
    private readonly SessionCalls _calls = new();
    private readonly ILocalConnections? _connections;
    private readonly FrontierErrorCode _offline;
    private readonly IGatewayPorts _gateways;
    private readonly SessionKind _kind;
    private readonly ILogger _logger;
    private Lingering? _lingering;

    /// <summary>Creates the grain.</summary>
    /// <param name="kind">What its sessions are for.</param>
    /// <param name="clock">By which claims grow old.</param>
    /// <param name="epochs">Gives out the epochs of this process.</param>
    /// <param name="connections">The gateway in this process; null when it has none.</param>
    /// <param name="gateways">The gateways in other processes.</param>
    /// <param name="logger">Where unusual turns of a session are logged.</param>
    protected SessionGrain(
        SessionKind kind, TimeProvider clock, EpochClock epochs, ILocalConnections? connections, IGatewayPorts gateways, ILogger logger)
    {
        _lease = new SessionLease(clock, epochs);
        _connections = connections;
        _gateways = gateways;
        _kind = kind;
        _offline = kind == SessionKind.Edge ? FrontierErrorCode.EdgeNotOnline : FrontierErrorCode.ServiceNotOnline;
        _logger = logger;
    }

    /// <summary>The edge id or service id.</summary>
    protected ulong Key => unchecked((ulong)this.GetPrimaryKeyLong());

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // A session can outlive its grain: when the silo that kept the directory entry dies, or when a move failed. The gateway knows better
        // than an empty memory.
        if (_lease.IsEmpty && FindListed() is { } link)
        {
            _lease.TryHold(link.Epoch, _connections!.GatewayId, SiloAddress, out _);
            Log.Adopted(_logger, Key, link.Epoch);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // Lost with a live session: come back right here, before a request from elsewhere activates the grain where the socket is not. Where it has
        // been activated elsewhere already, it is told.
        if (reason.ReasonCode is not (DeactivationReasonCode.Migrating or DeactivationReasonCode.ShuttingDown)
            && !_lease.IsEmpty && FindListed() is { } link)
        {
            HoldAnewAsync(link, SiloAddress).Ignore();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void OnDehydrate(IDehydrationContext dehydrationContext) => dehydrationContext.TryAddValue(LeaseKey, _lease.Save());

    /// <inheritdoc/>
    public void OnRehydrate(IRehydrationContext rehydrationContext)
    {
        if (rehydrationContext.TryGetValue<SessionLeaseState>(LeaseKey, out var state) && state is not null)
        {
            _lease.Restore(state);
        }
    }

    /// <inheritdoc cref="IEdgeGrain.ConfirmAsync"/>
    public ValueTask<bool> ConfirmAsync(long epoch)
    {
        var held = _lease.TryConfirm(epoch, out var superseded);
        Supersede(superseded, epoch);
        Settle();
        return ValueTask.FromResult(held);
    }

    /// <inheritdoc cref="IEdgeGrain.ReleaseAsync"/>
    public ValueTask ReleaseAsync(long epoch)
    {
        Free(epoch);
        if (_lease.IsEmpty)
        {
            DeactivateOnIdle();
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc cref="IEdgeGrain.CallAsync"/>
    public Task<CallResult> CallAsync(CallRequest request, CancellationToken cancellationToken)
    {
        var link = FindLink() ?? throw new FrontierException(_offline);
        return _calls.WaitAsync(link.Epoch, link.CallAsync(request, cancellationToken));
    }

    /// <inheritdoc cref="IEdgeGrain.PublishAsync"/>
    public Task PublishAsync(MessageRequest message, CancellationToken cancellationToken)
    {
        var link = FindLink() ?? throw new FrontierException(_offline);
        return _calls.WaitAsync(link.Epoch, link.PublishAsync(message, cancellationToken));
    }

    /// <inheritdoc cref="IEdgeGrain.LocateAsync"/>
    public ValueTask<SessionLocation?> LocateAsync() =>
        ValueTask.FromResult(FindLink() is { IsLeaving: false } link ? new SessionLocation(_connections!.GatewayId, SiloAddress, link.Epoch) : null);

    /// <inheritdoc cref="IEdgeGrain.KickAsync"/>
    public Task<bool> KickAsync()
    {
        var link = FindLink();
        link?.Close(SessionCloseReason.Kicked);
        return Task.FromResult(link is not null);
    }

    /// <summary>Claims the id; see <see cref="IEdgeGrain.ClaimAsync"/>.</summary>
    protected ValueTask<SessionClaim> ClaimAsync(string gatewayId, SiloAddress? silo, bool onlyIfOffline)
    {
        DropStale();
        var claim = _lease.Claim(gatewayId, silo, onlyIfOffline);
        return ValueTask.FromResult(Settle() ? claim : claim with { IsMoving = true });
    }

    /// <summary>Whether a session holds the id.</summary>
    protected bool IsHeld => _lease.Current is not null;

    /// <summary>A session that held the id is over, though its release may not have come yet.</summary>
    protected void Free(long epoch)
    {
        _lease.Release(epoch);
        _calls.End(epoch);
    }

    /// <summary>Asserts that a session holds the id; see <see cref="IEdgeGrain.HoldAsync"/>.</summary>
    protected ValueTask<SessionStanding> HoldAsync(string gatewayId, SiloAddress? silo, long epoch)
    {
        if (!_lease.TryHold(epoch, gatewayId, silo, out var superseded))
        {
            return ValueTask.FromResult(SessionStanding.Superseded);
        }

        Supersede(superseded, epoch);
        return ValueTask.FromResult(Settle() ? SessionStanding.Held : SessionStanding.Moving);
    }

    /// <summary>The session that requests go to; null when there is none here.</summary>
    protected TLink? FindLink()
    {
        var link = FindListed();
        if (link is null)
        {
            DropStale();
            if (_lease.IsEmpty)
            {
                _lingering ??= new Lingering(this, () => _lease.IsEmpty);
                _lingering.Start();
            }
        }

        return link;
    }

    /// <summary>Looks the id up in the gateway of this process.</summary>
    protected abstract TLink? Find(ILocalConnections connections);

    /// <summary>Looks up one session of the id in the gateway of this process.</summary>
    protected abstract TLink? Find(ILocalConnections connections, long epoch);

    /// <summary>Asserts on the grain, wherever it is by now, that a session of this process holds the id.</summary>
    protected abstract Task HoldAnewAsync(TLink link, SiloAddress silo);

    private SiloAddress SiloAddress => GrainContext.Address.SiloAddress!;

    private TLink? FindListed() => _connections is null ? null : Find(_connections);

    private TLink? FindListed(long epoch) => _connections is null ? null : Find(_connections, epoch);

    private void DropStale()
    {
        if (_connections is not null && _lease.DropStale(_connections.GatewayId, epoch => FindListed(epoch) is not null) is { } stale)
        {
            _calls.End(stale.Epoch);
            Log.DroppedStale(_logger, Key, stale.Epoch);
        }
    }

    private void Supersede(SessionHolder? superseded, long epoch)
    {
        if (superseded is null)
        {
            return;
        }

        Log.Superseded(_logger, Key, superseded.Epoch, superseded.GatewayId, epoch);
        _calls.End(superseded.Epoch);
        if (superseded.Silo is { } silo && !silo.Equals(SiloAddress))
        {
            // The newer session does not wait for it: the older one may be on a gateway that does not answer any more.
            CloseElsewhereAsync(superseded, silo).Ignore();
        }
        else
        {
            FindListed(superseded.Epoch)?.Close(SessionCloseReason.Superseded);
        }
    }

    private async Task CloseElsewhereAsync(SessionHolder superseded, SiloAddress silo)
    {
        try
        {
            await _gateways.Get(silo).CloseSessionAsync(_kind, Key, superseded.Epoch, SessionCloseReason.Superseded);
        }
        catch (Exception exception)
        {
            // A gateway that is alive asserts its sessions when the cluster is well again, and learns it then.
            Log.CannotClose(_logger, Key, superseded.Epoch, superseded.GatewayId, exception.Message);
        }
    }

    // The grain lives where the socket of the session is that holds the id. A move usually brings the lease along, but Orleans drops it
    // when a request has just begun to activate the grain over there; that is why a session has to ask again (IEdgeGrain.HoldAsync).
    private bool Settle()
    {
        if (_lease.Current?.Silo is not { } silo || silo.Equals(SiloAddress))
        {
            return true;
        }

        GrainContext.Migrate(new Dictionary<string, object> { [IPlacementDirector.PlacementHintKey] = silo });
        return false;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "{Id}: session {SupersededEpoch} on gateway {GatewayId} is superseded by session {Epoch}")]
        public static partial void Superseded(ILogger logger, ulong id, long supersededEpoch, string gatewayId, long epoch);

        [LoggerMessage(2, LogLevel.Information, "{Id}: gateway {GatewayId} could not be told to close superseded session {Epoch}: {Error}")]
        public static partial void CannotClose(ILogger logger, ulong id, long epoch, string gatewayId, string error);

        [LoggerMessage(3, LogLevel.Information, "{Id}: session {Epoch} was still held but is gone from the gateway; its release was lost")]
        public static partial void DroppedStale(ILogger logger, ulong id, long epoch);

        [LoggerMessage(4, LogLevel.Information, "{Id}: took over session {Epoch} as the gateway lists it; the grain that knew it was lost")]
        public static partial void Adopted(ILogger logger, ulong id, long epoch);
    }
}
