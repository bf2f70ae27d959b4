using Frontier.GrainInterfaces;
using Microsoft.Extensions.Options;

namespace Frontier.Silo;

/// <summary>What frontiers of the original have reported. Nothing where no process of the cluster takes reports: then the grain is never asked.</summary>
internal sealed class ReportedDirectory(IGrainFactory grains, IOptions<FrontierPlaneOptions> plane)
{
    private IReportedFrontiersGrain? Grain => plane.Value.Enable ? grains.GetReportedFrontiers() : null;

    /// <summary>The frontiers that are alive, ordered by id.</summary>
    public async Task<IReadOnlyList<ReportedFrontier>> ListAsync(CancellationToken cancellationToken) =>
        Grain is { } grain ? await grain.ListAsync().AsTask().WaitAsync(cancellationToken) : [];

    /// <summary>The sessions among these ids that are alive, in no order.</summary>
    public async Task<IReadOnlyList<SessionEntry>> FindAsync(SessionKind kind, IReadOnlyList<ulong> ids, CancellationToken cancellationToken) =>
        Grain is { } grain && ids.Count > 0 ? await grain.FindAsync(kind, ids).AsTask().WaitAsync(cancellationToken) : [];

    /// <summary>Sessions in the order of <see cref="ScanHash"/>.</summary>
    public async Task<SessionScan> ScanAsync(SessionKind kind, uint cursor, int count, CancellationToken cancellationToken) =>
        Grain is { } grain ? await grain.ScanAsync(kind, cursor, count).AsTask().WaitAsync(cancellationToken) : SessionScan.Empty;
}
