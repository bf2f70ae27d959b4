using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>
/// Says again what this gateway holds, after the cluster changed: a process that died took grains and parts of the grain directory with it, and
/// two halves of a cluster that could not see each other may have let in one id twice. Every live session asserts that it holds its id, those
/// that turn out to be superseded are closed, and services subscribe to their topics again. While nothing changes it does so very seldom.
/// </summary>
internal sealed partial class SessionKeeper(EdgeTable edges, CatalogReplica catalog, ILogger<SessionKeeper> logger) : BackgroundService
{
    /// <summary>How often all is said again when nothing is known to have changed, on average: for what no change of membership tells of.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(5);

    /// <summary>Sessions asked for at a time: enough to keep one core busy, and few enough to leave room for logins between them.</summary>
    internal const int Batch = 64;

    // A topic's grain may still be on its way out of a process that leaves when it is asked first, and forget what it was told; so services say all three times,
    // at once and after these times. Edges say it once: the directory loses none of their grains.
    private static readonly TimeSpan[] Repetitions = [TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(8)];

    private readonly AutoResetSignal _changed = new();

    /// <summary>The cluster changed.</summary>
    public void Wake() => _changed.Set();

    /// <summary>Asserts sessions once, and closes those that turn out to be superseded.</summary>
    /// <returns>Whether every one of them could be asked for.</returns>
    internal async Task<bool> AssertAsync(IEnumerable<IHeldSession> sessions, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var (asserted, superseded, failed) = (0, 0, 0);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Batch, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(sessions.Where(session => session.IsSettled), parallel, async (session, cancellation) =>
        {
            try
            {
                if (await session.AssertAsync(cancellation))
                {
                    Interlocked.Increment(ref asserted);
                }
                else
                {
                    Interlocked.Increment(ref superseded);
                    session.Close(GrainInterfaces.SessionCloseReason.Superseded);
                }
            }
            catch (Exception error) when (ClusterTrouble.IsPassing(error))
            {
                Interlocked.Increment(ref failed);
            }
#pragma warning disable CA1031 // One session's trouble must not keep the others, now and later, from being asserted.
            catch (Exception error) when (!cancellation.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Interlocked.Increment(ref failed);
                Log.NotAsserted(logger, error);
            }
        });
        if (superseded > 0 || failed > 0)
        {
            Log.Asserted(logger, asserted, superseded, failed, Stopwatch.GetElapsedTime(started));
        }

        return failed == 0;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        catalog.LocalNotTold += Wake;
        try
        {
            while (true)
            {
                var period = Period * (0.5 + Random.Shared.NextDouble());
                if (await _changed.WaitAsync(period, stoppingToken))
                {
                    await FollowChangeAsync(stoppingToken);
                }
                else
                {
                    await AssertAsync(All(), stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
        finally
        {
            catalog.LocalNotTold -= Wake;
        }
    }

    // Services first: others call them.
    private IEnumerable<IHeldSession> All() => catalog.Locals.Cast<IHeldSession>().Concat(edges.All);

    private IEnumerable<IHeldSession> Services() => catalog.Locals;

    private async Task FollowChangeAsync(CancellationToken cancellationToken)
    {
        var isComplete = false;
        for (var next = 0; ;)
        {
            // All until every session could be asked for once.
            isComplete = await AssertAsync(isComplete ? Services() : All(), cancellationToken);
            if (isComplete && next == Repetitions.Length)
            {
                return;
            }

            // What failed is tried again as often as it takes.
            var delay = Repetitions[isComplete ? next++ : 0];
            if (await _changed.WaitAsync(delay, cancellationToken))
            {
                (next, isComplete) = (0, false); // Another change: from the beginning.
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information,
            "After a change of the cluster {Asserted} sessions hold their ids, {Superseded} are superseded and closed, {Failed} are asked for again; it took {Elapsed}")]
        public static partial void Asserted(ILogger logger, int asserted, int superseded, int failed, TimeSpan elapsed);

        [LoggerMessage(2, LogLevel.Error, "Failed to confirm with the cluster that a session still holds its id; asking again in the next round")]
        public static partial void NotAsserted(ILogger logger, Exception error);
    }
}
