using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>
/// Finds out that this process stood still: stopped, swapped out, its machine paused. The others may have given it up meanwhile, and its edges may be
/// somewhere else, so nothing that came is handled before the cluster has said that it still belongs to it.
/// </summary>
internal sealed partial class AwakeGuard : IDisposable
{
    /// <summary>How long a process may stand still before it doubts. Shorter than it takes the cluster to give one up, longer than a collection of garbage.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);

    // While the membership cannot be read nobody can be given up either, and work that does not need it should go on.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly IClusterStanding? _standing;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly ITimer? _timer;
    private readonly long _limit;
    private long _lastBeat;
    private long _lead;
    private volatile Task? _doubt;

    /// <summary>Begins to watch; without a cluster there is nothing to watch for.</summary>
    public AwakeGuard(ILogger<AwakeGuard> logger, IClusterStanding? standing = null, TimeProvider? time = null)
    {
        _standing = standing;
        _time = time ?? TimeProvider.System;
        _logger = logger;
        _limit = (long)(Limit.TotalSeconds * _time.TimestampFrequency);
        NoteBeat(_time.GetTimestamp());
        if (standing is not null)
        {
            _timer = _time.CreateTimer(_ => Check(isBeat: true), null, Beat, Beat);
        }
    }

    /// <summary>Null when all is well; otherwise done when what came may be handled.</summary>
    public Task? Check() => _standing is null ? null : Check(isBeat: false);

    /// <summary>Whether the cluster has given a process up.</summary>
    public bool IsDead(SiloAddress silo) => _standing?.IsDead(silo) == true;

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private Task? Check(bool isBeat)
    {
        if (_doubt is { } doubt)
        {
            return doubt;
        }

        // The monotonic clock goes on while a process is stopped; where a machine is paused it may stand still, and only the wall clock tells.
        var now = _time.GetTimestamp();
        if (now - Volatile.Read(ref _lastBeat) > _limit || LeadAt(now) - Volatile.Read(ref _lead) > Limit.Ticks)
        {
            return Doubt(now);
        }

        if (isBeat)
        {
            NoteBeat(now);
        }

        return null;
    }

    private long LeadAt(long now) => _time.GetUtcNow().Ticks - (long)(now * ((double)TimeSpan.TicksPerSecond / _time.TimestampFrequency));

    private void NoteBeat(long now)
    {
        Volatile.Write(ref _lead, LeadAt(now));
        Volatile.Write(ref _lastBeat, now);
    }

    private Task Doubt(long now)
    {
        lock (_gate)
        {
            if (_doubt is null)
            {
                Log.StoodStill(_logger, _time.GetElapsedTime(_lastBeat, now));
                var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _doubt = done.Task;
                _ = Task.Run(() => ConfirmAsync(now, done));
            }

            return _doubt;
        }
    }

    private async Task ConfirmAsync(long since, TaskCompletionSource done)
    {
        while (true)
        {
            try
            {
                await _standing!.ConfirmAsync(_stopping.Token);
                Log.Confirmed(_logger);
                break;
            }
#pragma warning disable CA1031 // Whatever the trouble is, those who wait must go on in the end.
            catch (Exception error)
#pragma warning restore CA1031
            {
                if (_stopping.IsCancellationRequested || _time.GetElapsedTime(since) > Patience)
                {
                    Log.NotConfirmed(_logger, Patience, error);
                    break;
                }
            }

            await Task.Delay(Retry);
        }

        lock (_gate)
        {
            NoteBeat(_time.GetTimestamp());
            _doubt = null;
        }

        done.SetResult();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "This process stood still for {Time}; handling nothing that peers send until the cluster confirms that it is still a member")]
        public static partial void StoodStill(ILogger logger, TimeSpan time);

        [LoggerMessage(2, LogLevel.Information, "The cluster confirmed that this process is still a member; handling what peers send again")]
        public static partial void Confirmed(ILogger logger);

        [LoggerMessage(3, LogLevel.Warning, "Failed for {Time} to ask the cluster whether this process is still a member; handling what peers send again without knowing")]
        public static partial void NotConfirmed(ILogger logger, TimeSpan time, Exception error);
    }
}
