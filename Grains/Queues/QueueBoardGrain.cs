using Microsoft.Extensions.DependencyInjection;

namespace Frontier.Grains.Queues;

/// <summary>Keeps what processes say of their external queues until they say it again.</summary>
internal sealed class QueueBoardGrain([FromKeyedServices(TimeProviderNames.Grains)] TimeProvider clock) : Grain, IQueueBoardGrain
{
    // Several times the interval of the reports.
    private static readonly TimeSpan Expiry = TimeSpan.FromSeconds(15);

    private readonly Dictionary<string, (long At, IReadOnlyList<QueueStatus> Queues)> _reports = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public ValueTask ReportAsync(string process, IReadOnlyList<QueueStatus> queues)
    {
        _reports[process] = (clock.GetTimestamp(), queues);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<QueueReport>> ListAsync()
    {
        foreach (var (process, report) in _reports)
        {
            if (clock.GetElapsedTime(report.At) > Expiry)
            {
                _reports.Remove(process);
            }
        }

        return ValueTask.FromResult<IReadOnlyList<QueueReport>>(
        [
            .. _reports.OrderBy(report => report.Key, StringComparer.Ordinal)
                .SelectMany(report => report.Value.Queues, (report, status) => new QueueReport(report.Key, status)),
        ]);
    }
}
