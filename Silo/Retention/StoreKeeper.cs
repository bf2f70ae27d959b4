using Frontier.GrainInterfaces;

namespace Frontier.Silo;

/// <summary>
/// Wakes the grains for whose boxes messages are kept. Such a grain looks after them by itself; it may have been lost with its process, though, and nobody but
/// the store knows then.
/// </summary>
/// <param name="store">Where they are kept.</param>
/// <param name="kept">What is kept, for the log.</param>
/// <param name="logger">Where trouble is logged.</param>
internal abstract partial class StoreKeeper(IMessageStore store, string kept, ILogger logger) : BackgroundService
{
    // Long against what a look at the list costs, short against how long a message is kept.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Whether the grain of a box is known to be active and to look after it: it need not be woken.</summary>
    protected virtual bool IsLookedAfter(string box) => false;

    /// <summary>Wakes the grain of a box.</summary>
    protected abstract ValueTask WakeAsync(string box);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Interval, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await WakeAllAsync(await store.ListAsync(), stoppingToken);
            }
#pragma warning disable CA1031 // The next look makes it good.
            catch (Exception e)
#pragma warning restore CA1031
            {
                if (!stoppingToken.IsCancellationRequested)
                {
                    Log.NotListed(logger, kept, Interval, e);
                }
            }
        }
    }

    // One that cannot be woken does not keep those behind it asleep.
    private async Task WakeAllAsync(IEnumerable<string> boxes, CancellationToken stoppingToken)
    {
        var failed = 0;
        Exception? last = null;
        foreach (var box in boxes)
        {
            stoppingToken.ThrowIfCancellationRequested();
            if (IsLookedAfter(box))
            {
                continue;
            }

            try
            {
                await WakeAsync(box).AsTask().WaitAsync(stoppingToken);
            }
#pragma warning disable CA1031 // The next look makes it good.
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                failed++;
                last = e;
            }
        }

        if (failed > 0)
        {
            Log.NotWoken(logger, failed, kept, Interval, last);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Failed to list the {Kept}; retrying in {Delay}")]
        public static partial void NotListed(ILogger logger, string kept, TimeSpan delay, Exception exception);

        [LoggerMessage(2, LogLevel.Warning, "Failed to wake the grains of {Count} of the {Kept}; retrying in {Delay}")]
        public static partial void NotWoken(ILogger logger, int count, string kept, TimeSpan delay, Exception? exception);
    }
}
