using Frontier.Gateway;
using Frontier.GrainInterfaces;
using Microsoft.Extensions.Options;

namespace Frontier.Silo;

/// <summary>Tells the cluster how this process's external queues are.</summary>
internal sealed partial class QueueReporter(IQueues queues, IGrainFactory grains, IOptions<DaemonOptions> daemon, ILogger<QueueReporter> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (queues.All.Count == 0)
        {
            return;
        }

        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await grains.GetQueueBoard()
                    .ReportAsync(daemon.Value.FrontierId, [.. queues.All.Select(queue => queue.Describe())]).AsTask().WaitAsync(stoppingToken);
            }
#pragma warning disable CA1031 // The next report makes it good.
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Log.NotTold(logger, e.Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(Interval, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "The cluster could not be told how the external queues are: {Error}")]
        public static partial void NotTold(ILogger logger, string error);
    }
}
