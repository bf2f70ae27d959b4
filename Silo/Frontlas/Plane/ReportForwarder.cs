using System.Threading.Channels;
using Frontier.GrainInterfaces;

namespace Frontier.Silo;

/// <summary>
/// Brings reports to the grain that keeps them, many at a time: a frontier with 50,000 edges sends some thousand heartbeats a second. Says everything
/// again when the grain has forgotten it, and that the frontiers are still connected.
/// </summary>
internal sealed partial class ReportForwarder(IGrainFactory grains, ILogger<ReportForwarder> logger) : BackgroundService
{
    /// <summary>How long a frontier is listed after its connection was lost: the original's 30 s.</summary>
    public static readonly TimeSpan FrontierExpiry = TimeSpan.FromSeconds(30);

    private const int MaxBatch = 2000;

    // Reports that wait. With more, the connections are not read any more.
    private const int MaxWaiting = 20_000;

    // Of one frontier; no more than the grain keeps of all.
    private const int MaxRemembered = 1_000_000;

    private static readonly TimeSpan AliveInterval = FrontierExpiry / 3;
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly Channel<(FrontierReport Report, Action<bool>? Done)> _waiting =
        Channel.CreateBounded<(FrontierReport, Action<bool>?)>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    // By frontier: its connection and the sessions it has reported, as it would have to report them again. Only the loop touches it.
    private readonly Dictionary<string, Remembered> _remembered = new(StringComparer.Ordinal);
    private long _incarnation;

    /// <summary>Takes a report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="done">Called when the grain has it, or with false when it could not be told.</param>
    /// <returns>Done when there is room for it.</returns>
    public ValueTask AddAsync(FrontierReport report, Action<bool>? done) => _waiting.Writer.WriteAsync((report, done));

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var nextAlive = TimeProvider.System.GetUtcNow() + AliveInterval;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                using var alive = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                alive.CancelAfter(TimeSpan.FromMilliseconds(Math.Max(1, (nextAlive - TimeProvider.System.GetUtcNow()).TotalMilliseconds)));
                await _waiting.Reader.WaitToReadAsync(alive.Token);
                await ForwardAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
            {
                // Time for a sign of life.
            }
            catch (OperationCanceledException)
            {
                return;
            }

            if (TimeProvider.System.GetUtcNow() >= nextAlive)
            {
                nextAlive = TimeProvider.System.GetUtcNow() + AliveInterval;
                await SendAsync([.. _remembered.Values.Select(frontier => frontier.Online with { Kind = FrontierReportKind.FrontierAlive })], stoppingToken);
            }
        }
    }

    private async Task ForwardAsync(CancellationToken stoppingToken)
    {
        var reports = new List<FrontierReport>();
        var done = new List<Action<bool>>();
        while (reports.Count < MaxBatch && _waiting.Reader.TryRead(out var waiting))
        {
            Remember(waiting.Report);
            reports.Add(waiting.Report);
            if (waiting.Done is not null)
            {
                done.Add(waiting.Done);
            }
        }

        var isTaken = false;
        try
        {
            isTaken = await SendAsync(reports, stoppingToken);
        }
        finally
        {
            foreach (var answer in done)
            {
                Answer(answer, isTaken);
            }
        }
    }

    // One connection's trouble is not that of the others who wait for their answers.
    private void Answer(Action<bool> answer, bool isTaken)
    {
        try
        {
            answer(isTaken);
        }
#pragma warning disable CA1031 // The connection it belongs to is over, or ends for it.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Log.NotAnswered(logger, error);
        }
    }

    private async Task<bool> SendAsync(List<FrontierReport> reports, CancellationToken stoppingToken)
    {
        if (reports.Count == 0)
        {
            return true;
        }

        try
        {
            var grain = grains.GetReportedFrontiers();
            var incarnation = await grain.ReportAsync(reports).AsTask().WaitAsync(stoppingToken);
            if (incarnation != _incarnation)
            {
                foreach (var part in _remembered.Values.SelectMany(frontier => frontier.Sessions.Values.Prepend(frontier.Online)).Chunk(MaxBatch))
                {
                    await grain.ReportAsync(part).AsTask().WaitAsync(stoppingToken);
                }

                _incarnation = incarnation;
            }

            return true;
        }
#pragma warning disable CA1031 // Whatever the cluster's trouble is, the loop goes on: frontiers wait for its answers.
        catch (Exception error) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            // What was not taken is remembered, and told when the grain is back: it is another one then.
            Log.Failed(logger, RetryInterval, error);
            _incarnation = 0;
            await Task.Delay(RetryInterval, stoppingToken);
            return false;
        }
    }

    private void Remember(FrontierReport report)
    {
        if (report.Kind == FrontierReportKind.FrontierOnline)
        {
            var sessions = _remembered.TryGetValue(report.FrontierId, out var before) ? before.Sessions : [];
            _remembered[report.FrontierId] = new Remembered(report, sessions);
        }
        else if (_remembered.TryGetValue(report.FrontierId, out var frontier) && frontier.Online.ConnectionId == report.ConnectionId)
        {
            switch (report.Kind)
            {
                case FrontierReportKind.FrontierOffline or FrontierReportKind.FrontierLost:
                    _remembered.Remove(report.FrontierId);
                    break;
                case FrontierReportKind.SessionAlive when report.Address is not null && frontier.Sessions.Count < MaxRemembered:
                    frontier.Sessions[(report.Session, report.SessionId)] = report;
                    break;
                case FrontierReportKind.SessionOffline:
                    frontier.Sessions.Remove((report.Session, report.SessionId));
                    break;
            }
        }
    }

    private sealed record Remembered(FrontierReport Online, Dictionary<(SessionKind, ulong), FrontierReport> Sessions);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Failed to hand reports of frontiers to the cluster; trying again in {Delay}")]
        public static partial void Failed(ILogger logger, TimeSpan delay, Exception error);

        [LoggerMessage(2, LogLevel.Debug, "Failed to answer a frontier's report")]
        public static partial void NotAnswered(ILogger logger, Exception error);
    }
}
