using Frontier.Protocol;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>
/// Bounds what all peers together may have sent of frames that are not complete. Beyond it the connections that hold the most are cut, until a tenth of the
/// budget is free again.
/// </summary>
/// <param name="limits">The budget.</param>
/// <param name="sessions">The connections.</param>
/// <param name="logger">The log.</param>
internal sealed partial class InputBudget(LimitOptions limits, LiveSessions sessions, ILogger<InputBudget> logger)
{
    private const int ShareOfMemory = 8;

    // How often the sum is looked at while it grows: what a network brings in that time is little beside the budget.
    private const int CheckMilliseconds = 10;

    // The blocks that were freed go back to the system in steps, and only when the collector looks.
    private static readonly TimeSpan TrimDelay = TimeSpan.FromSeconds(20);

    private readonly StripedCounter _held = new();
    private long _checkedAt;
    private int _cutting;
    private int _checkingLater;
    private int _trimming;

    /// <summary>How many bytes there may be.</summary>
    public long MaxBytes { get; } =
        limits.MaxUnparsedBytes > 0 ? limits.MaxUnparsedBytes : Math.Max(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / ShareOfMemory, 4L * limits.MaxFrameBytes);

    /// <summary>How many bytes there are.</summary>
    public long HeldBytes => _held.Value;

    /// <summary>A connection's unparsed bytes changed.</summary>
    public void Add(long change)
    {
        _held.Add(change);
        if (change <= 0)
        {
            return;
        }

        var now = Environment.TickCount64;
        var last = Volatile.Read(ref _checkedAt);
        if (now - last < CheckMilliseconds)
        {
            CheckLater(); // What came in between may have been the last for a while.
        }
        else if (Interlocked.CompareExchange(ref _checkedAt, now, last) == last)
        {
            Check();
        }
    }

    private void Check()
    {
        if (HeldBytes > MaxBytes)
        {
            StartCutting();
        }
    }

    private void CheckLater()
    {
        if (Volatile.Read(ref _checkingLater) == 0 && Interlocked.Exchange(ref _checkingLater, 1) == 0)
        {
            _ = CheckLaterAsync();
        }
    }

    private async Task CheckLaterAsync()
    {
        await Task.Delay(CheckMilliseconds);
        Volatile.Write(ref _checkingLater, 0);
        Check();
    }

    // Not on the read loop that noticed: all connections have to be looked at.
    private void StartCutting()
    {
        if (Interlocked.Exchange(ref _cutting, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static budget => budget.CutLargest(), this, preferLocal: false);
        }
    }

    private void CutLargest()
    {
        try
        {
            var excess = HeldBytes - (MaxBytes - (MaxBytes / 10));
            var cut = 0;
            foreach (var (session, bytes) in sessions.All.Select(session => (session, bytes: session.UnparsedBytes)).Where(held => held.bytes > 0).OrderByDescending(held => held.bytes))
            {
                if (excess <= 0)
                {
                    break;
                }

                excess -= bytes; // Also of those that were cut before and are about to end.
                if (session.DisconnectReason == DisconnectReason.None)
                {
                    session.Abort(DisconnectReason.InputMemoryExceeded);
                    cut++;
                }
            }

            if (cut > 0)
            {
                Log.Cut(logger, cut, MaxBytes);
                TrimLater();
            }
        }
        finally
        {
            Volatile.Write(ref _cutting, 0);
            CheckLater();
        }
    }

    private void TrimLater()
    {
        if (Interlocked.Exchange(ref _trimming, 1) == 0)
        {
            _ = TrimAsync();
        }
    }

    private async Task TrimAsync()
    {
        await Task.Delay(TrimDelay);
        Volatile.Write(ref _trimming, 0);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Cut the {Count} connections with the most bytes of incomplete frames: all together held more than {Limit} bytes")]
        public static partial void Cut(ILogger logger, int count, long limit);
    }
}
