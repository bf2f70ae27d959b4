using Microsoft.Extensions.DependencyInjection;

namespace Frontier.Grains.Frontlas;

/// <summary>The cluster's one memory of frontiers that are no members of it.</summary>
[KeepAlive]
internal sealed class ReportedFrontiersGrain : Grain, IReportedFrontiersGrain
{
    // About 200 bytes each.
    private const int MaxSessions = 1_000_000;

    // Whoever asks sees nothing that has expired; this is for the memory.
    private static readonly TimeSpan ExpiryCheckPeriod = TimeSpan.FromSeconds(10);

    private readonly ReportedFrontiers _reported;
    private readonly long _incarnation;

    /// <summary>Creates the grain.</summary>
    public ReportedFrontiersGrain([FromKeyedServices(TimeProviderNames.Grains)] TimeProvider clock)
    {
        _reported = new ReportedFrontiers(clock, MaxSessions);
        _incarnation = clock.GetUtcNow().Ticks;
    }

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(
            static reported =>
            {
                reported.Expire();
                return Task.CompletedTask;
            },
            _reported,
            new GrainTimerCreationOptions(ExpiryCheckPeriod, ExpiryCheckPeriod));
        return Task.CompletedTask;
    }

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
}
