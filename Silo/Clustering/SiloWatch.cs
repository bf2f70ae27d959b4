using System.Collections.Concurrent;
using Frontier.Gateway;

namespace Frontier.Silo;

/// <summary>
/// Finds processes of the cluster that were killed, within a second, and tells the rest what changed. Goes by evidence and not by time: a process is
/// given up when it does not answer, its machine says twice that nobody listens on its port, and no third process sees otherwise. One that hangs
/// or cannot be reached gives no such evidence; the probes of Orleans are for those (<see cref="MembershipRules"/>).
/// </summary>
internal sealed partial class SiloWatch(
    IClusterMembershipService membership,
    ILocalSiloDetails self,
    SiloPulses pulses,
    ILogger<SiloWatch> logger,
    SessionKeeper? sessions = null,
    CatalogReplica? catalog = null,
    GatewayCore? gateway = null) : BackgroundService
{
    // Two processes watch each: one may be lost in the same moment.
    private const int WatchedCount = 2;

    // Third processes that are asked before one is given up.
    private const int WitnessCount = 2;

    // One small call to each watched process per period.
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    // Between the two looks, so that a listener that is just being opened is not taken for one that is gone.
    private static readonly TimeSpan SecondLook = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<SiloAddress, byte> _suspected = [];

    /// <inheritdoc/>
    // Either loop's end is this service's: one that died alone would not be missed until a process is.
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await await Task.WhenAny(WatchAsync(stoppingToken), FollowAsync(stoppingToken));
        if (!stoppingToken.IsCancellationRequested)
        {
            throw new InvalidOperationException("The watch over the cluster's processes ended by itself.");
        }
    }

    private static bool IsThere(SiloStatus status) => status is SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping;

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Period);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                var ring = SiloRing.From(
                    self.SiloAddress,
                    membership.CurrentSnapshot.Members.Values.Where(member => IsThere(member.Status)).Select(member => member.SiloAddress),
                    WatchedCount);
                foreach (var silo in ring.Watched)
                {
                    // One look at a time: a call that hangs does not hold up the look at the other.
                    if (_suspected.TryAdd(silo, 0))
                    {
                        _ = CheckAsync(silo, ring.Others, cancellationToken);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private async Task CheckAsync(SiloAddress silo, IReadOnlyList<SiloAddress> others, CancellationToken cancellationToken)
    {
        try
        {
            if (!await AnswersAsync(silo) && await IsGoneAsync(silo, others, cancellationToken))
            {
                Log.Gone(logger, silo);
                await membership.TryKill(silo);
                // The table has it in a moment. Until then, and while Redis is away, there is no point in asking again every period.
                await Task.Delay(Period * 2, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping.
        }
#pragma warning disable CA1031 // The watch has to go on, whatever the trouble is.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Log.Failed(logger, silo, error);
        }
        finally
        {
            _suspected.TryRemove(silo, out _);
        }
    }

    private async Task<bool> AnswersAsync(SiloAddress silo)
    {
        try
        {
            await pulses.Get(silo).BeatAsync();
            return true;
        }
#pragma warning disable CA1031 // Why it does not answer is what the next look is for.
        catch
#pragma warning restore CA1031
        {
            return false;
        }
    }

    private async Task<bool> IsGoneAsync(SiloAddress silo, IReadOnlyList<SiloAddress> others, CancellationToken cancellationToken)
    {
        if (await SiloEndpointProbe.LookAtAsync(silo.Endpoint, cancellationToken) != SiloSight.Refused)
        {
            return false;
        }

        // A rule in the network between the two may refuse as well, for this process alone.
        var witnesses = others.Where(other => !other.Equals(silo)).Take(WitnessCount).Select(witness => AskAsync(witness, silo));
        var seen = await Task.WhenAll(witnesses);
        if (seen.Contains(SiloSight.Listening))
        {
            return false;
        }

        await Task.Delay(SecondLook, cancellationToken);
        return await SiloEndpointProbe.LookAtAsync(silo.Endpoint, cancellationToken) == SiloSight.Refused
            && IsThere(membership.CurrentSnapshot.GetSiloStatus(silo));
    }

    private async Task<SiloSight> AskAsync(SiloAddress witness, SiloAddress silo)
    {
        try
        {
            return await pulses.Get(witness).LookAtAsync(silo);
        }
#pragma warning disable CA1031 // A witness that cannot be asked has seen nothing.
        catch
#pragma warning restore CA1031
        {
            return SiloSight.Unclear;
        }
    }

    // A process that came or went takes grains with it, or parts of the grain directory.
    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        IReadOnlySet<SiloAddress> known = new HashSet<SiloAddress> { self.SiloAddress };
        try
        {
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(cancellationToken))
            {
                var active = snapshot.Members.Values.Where(member => member.Status == SiloStatus.Active).Select(member => member.SiloAddress).ToHashSet();
                if (!active.SetEquals(known))
                {
                    known = active;
                    gateway?.Trunks.Cut(silo => snapshot.GetSiloStatus(silo) == SiloStatus.Dead);
                    catalog?.Wake();
                    sessions?.Wake();
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Process {Silo} does not answer and nobody listens on its port any more: it was killed, and the cluster is told so")]
        public static partial void Gone(ILogger logger, SiloAddress silo);

        [LoggerMessage(2, LogLevel.Error, "Looking after process {Silo} failed")]
        public static partial void Failed(ILogger logger, SiloAddress silo, Exception error);
    }
}
