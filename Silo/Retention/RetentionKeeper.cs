using Frontier.GrainInterfaces;

namespace Frontier.Silo;

/// <summary>
/// Wakes the topics for which messages are kept. A topic's grain looks after them by itself; it may have been lost with its process, though, and nobody but
/// the store knows then.
/// </summary>
internal sealed partial class RetentionKeeper(IMessageStore store, TopicRules rules, IGrainFactory grains, ILogger<RetentionKeeper> logger) : BackgroundService
{
    // Long against what a look at the list costs, short against how long a message is kept.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (rules.HasRetention && !stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Interval, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                foreach (var topic in await store.ListAsync())
                {
                    await grains.GetTopic(topic).WakeAsync().AsTask().WaitAsync(stoppingToken);
                }
            }
#pragma warning disable CA1031 // The next look makes it good.
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Log.NotWoken(logger, e.Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The topics for which messages are kept could not be looked after: {Error}")]
        public static partial void NotWoken(ILogger logger, string error);
    }
}
