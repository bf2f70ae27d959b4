namespace Frontier.Silo;

/// <summary>Keeps frameworks from logging as errors what is none at the time: while the process starts, and while it leaves.</summary>
internal sealed class LifetimeGates
{
    private const string HostCategory = "Microsoft.Extensions.Hosting.Internal.Host";
    private const string MessagingCategory = "Orleans.Messaging";

    private volatile bool _started;
    private volatile bool _leaving;

    /// <summary>Follows the process's life.</summary>
    public void Subscribe(IHostApplicationLifetime lifetime)
    {
        lifetime.ApplicationStarted.Register(() => _started = true);
        lifetime.ApplicationStopping.Register(() => _leaving = true);
    }

    /// <summary>Adds the gates to a log's filters.</summary>
    public void AddTo(LoggerFilterOptions filters)
    {
        // Why a start failed, with a stack trace for an address in use: the command says it once, in words. After the start the same category reports
        // background services that failed, which must be seen.
        filters.Rules.Add(new LoggerFilterRule(null, HostCategory, LogLevel.Warning, (_, _, _) => _started));

        // Calls of other processes to grains that were here: they are turned away, and find the grain where it is now.
        filters.Rules.Add(new LoggerFilterRule(null, MessagingCategory, LogLevel.Warning, (_, _, _) => !_leaving));
    }
}
