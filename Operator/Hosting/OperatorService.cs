using System.Runtime.ExceptionServices;
using Frontier.Operator.Leadership;
using Frontier.Operator.Reconcile;

namespace Frontier.Operator;

/// <summary>Runs the caches all the time, and the work while this process leads. Ends the process when leadership is lost.</summary>
internal sealed partial class OperatorService(
    OperatorOptions options,
    ClusterCaches caches,
    ClusterController controller,
    LeaderElector elector,
    IHostApplicationLifetime lifetime,
    ILogger<OperatorService> logger) : BackgroundService
{
    private Exception? _failure;

    /// <summary>Throws what ended the work, if it did not end by request.</summary>
    public void ThrowIfFailed()
    {
        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }
    }

    /// <summary>Says where health and metrics are, which is news when any free port was asked for.</summary>
    public void TellAddress(IEnumerable<string> urls) => Log.Listening(logger, string.Join(", ", urls));

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        Log.Started(logger, OperatorHost.Version, options.Namespace ?? "all namespaces");
        using var working = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        using var watching = new CancellationTokenSource();
        var watches = caches.RunAsync(watching.Token);
        // Watches never end by themselves. Should one, nobody may go on with what it does not tell any more.
        var blind = watches.ContinueWith(_ => working.CancelAsync(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).Unwrap();
        try
        {
            await (options.LeaderElect ? elector.RunAsync(controller.RunAsync, working.Token) : controller.RunAsync(working.Token));
        }
        catch (OperationCanceledException) when (working.IsCancellationRequested)
        {
            // Asked to stop while waiting to lead.
        }
        catch (Exception error)
        {
            _failure = error;
        }

        await watching.CancelAsync();
        await blind;
        _failure ??= watches.Exception?.GetBaseException();
        Log.Stopped(logger);
        lifetime.StopApplication();
    }

    private static partial class Log
    {
        [LoggerMessage(3, LogLevel.Information, "Health and metrics on {Addresses}", EventName = "Listening")]
        public static partial void Listening(ILogger logger, string addresses);

        [LoggerMessage(1, LogLevel.Information, "frontier-operator {Version} looks after {Scope}", EventName = "Started")]
        public static partial void Started(ILogger logger, string version, string scope);

        [LoggerMessage(2, LogLevel.Information, "frontier-operator has stopped", EventName = "Stopped")]
        public static partial void Stopped(ILogger logger);
    }
}
