using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>Work that goes on after its connection is gone, such as telling a service that an edge left. A shutdown waits for it.</summary>
internal sealed partial class BackgroundWork(ILogger<BackgroundWork> logger)
{
    private readonly ConcurrentDictionary<Task, byte> _running = [];

    /// <summary>Starts some work; failures are logged.</summary>
    public Task RunAsync(Func<Task> work)
    {
        var task = GuardAsync(work);
        if (!task.IsCompleted)
        {
            _running.TryAdd(task, 0);
            task.ContinueWith(done => _running.TryRemove(done, out _), TaskScheduler.Default);
        }

        return task;
    }

    /// <summary>Completes when nothing is running.</summary>
    public async Task WhenIdleAsync(CancellationToken cancellationToken)
    {
        while (!_running.IsEmpty)
        {
            await Task.WhenAll(_running.Keys).WaitAsync(cancellationToken);
        }
    }

    private async Task GuardAsync(Func<Task> work)
    {
        await Task.Yield(); // Never on the caller's read loop.
        try
        {
            await work();
        }
#pragma warning disable CA1031 // There is nobody left to hear of it but the log.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.Failed(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Cleaning up after a connection failed")]
        public static partial void Failed(ILogger logger, Exception error);
    }
}
