using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Frontier.Grains.Frontlas;

/// <summary>The cluster's one memory of frontiers that are no members of it.</summary>
[KeepAlive]
internal sealed partial class ReportedFrontiersGrain : Grain, IReportedFrontiersGrain
{
    // About 200 bytes each.
    private const int MaxSessions = 1_000_000;

    // Whoever asks sees nothing that has expired; this is for the memory.
    private static readonly TimeSpan ExpiryCheckPeriod = TimeSpan.FromSeconds(10);

    // How long a start waits for what was kept; without, everything is there again within a heartbeat, only without addresses and names.
    private static readonly TimeSpan LoadPatience = TimeSpan.FromSeconds(5);

    // As long as frontiers are listed after their connection was lost.
    private static readonly TimeSpan MinLifetime = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan SavePeriod = TimeSpan.FromSeconds(1);

    private readonly IReportStore? _store;
    private readonly ILogger<ReportedFrontiersGrain> _logger;
    private readonly ReportedFrontiers _reported;
    private readonly long _incarnation;
    private bool _isSaving;
    private long _savedAt;

    /// <summary>Creates the grain.</summary>
    public ReportedFrontiersGrain([FromKeyedServices(TimeProviderNames.Grains)] TimeProvider clock, ILogger<ReportedFrontiersGrain> logger, IReportStore? store = null)
    {
        _store = store;
        _logger = logger;
        _reported = new ReportedFrontiers(clock, MaxSessions, isKept: store is not null);
        _incarnation = clock.GetUtcNow().Ticks;
    }

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (_store is not null)
        {
            await LoadAsync(_store, cancellationToken);
            this.RegisterGrainTimer(
                static grain => grain.SaveAsync(),
                this,
                new GrainTimerCreationOptions(SavePeriod, SavePeriod) { Interleave = true }); // Nobody waits for Redis.
        }

        this.RegisterGrainTimer(
            static reported =>
            {
                reported.Expire();
                return Task.CompletedTask;
            },
            _reported,
            new GrainTimerCreationOptions(ExpiryCheckPeriod, ExpiryCheckPeriod));
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => SaveAsync().WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> ReportAsync(IReadOnlyList<FrontierReport> reports)
    {
        ArgumentNullException.ThrowIfNull(reports);
        foreach (var report in reports)
        {
            _reported.Take(report);
        }

        return ValueTask.FromResult(_incarnation);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ReportedFrontier>> ListAsync() => ValueTask.FromResult(_reported.List());

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<SessionEntry>> FindAsync(SessionKind kind, IReadOnlyList<ulong> ids) => ValueTask.FromResult(_reported.Find(kind, ids));

    /// <inheritdoc/>
    public ValueTask<SessionScan> ScanAsync(SessionKind kind, uint cursor, int count) => ValueTask.FromResult(_reported.Scan(kind, cursor, count));

    private async Task LoadAsync(IReportStore store, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(LoadPatience);
        try
        {
            _reported.Restore(await store.LoadAsync(patience.Token).WaitAsync(patience.Token));
        }
#pragma warning disable CA1031 // The frontiers' signs of life bring back what matters most.
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            Log.NotLoaded(_logger, error);
        }
    }

    // What changed, at most once a second; and in time a sign that the cluster is there still.
    private async Task SaveAsync()
    {
        var lifetime = _reported.LongestExpiry > MinLifetime ? _reported.LongestExpiry : MinLifetime;
        var isDue = _reported.HasChanges || (!_reported.IsEmpty && Environment.TickCount64 - _savedAt >= lifetime.TotalMilliseconds / 3);
        if (_store is null || _isSaving || !isDue)
        {
            return;
        }

        _isSaving = true;
        var changes = _reported.TakeChanges();
        try
        {
            await _store.SaveAsync(changes, lifetime);
            _savedAt = Environment.TickCount64;
        }
#pragma warning disable CA1031 // Whatever the trouble of Redis is, reports are taken; what could not be kept is kept later.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _reported.GiveBack(changes);
            Log.NotSaved(_logger, SavePeriod, error);
        }
        finally
        {
            _isSaving = false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Failed to load what frontiers of the original had reported before the restart; their edges and services are listed again, without addresses, from their next heartbeat on")]
        public static partial void NotLoaded(ILogger logger, Exception error);

        [LoggerMessage(2, LogLevel.Warning, "Failed to save what frontiers of the original have reported; retrying in {Delay}, and a restart before that forgets it")]
        public static partial void NotSaved(ILogger logger, TimeSpan delay, Exception error);
    }
}
