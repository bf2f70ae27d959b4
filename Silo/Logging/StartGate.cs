namespace Frontier.Silo;

/// <summary>
/// Keeps the framework from logging why a start failed, with a stack trace for an address in use: the command says it once, in words. After the
/// start the same category reports background services that failed, which must be seen.
/// </summary>
internal sealed class StartGate
{
    private const string HostCategory = "Microsoft.Extensions.Hosting.Internal.Host";

    private volatile bool _started;

    /// <summary>Opens the gate when the host has started.</summary>
    public void Subscribe(IHostApplicationLifetime lifetime) => lifetime.ApplicationStarted.Register(() => _started = true);

    /// <summary>Adds the gate to a log's filters.</summary>
    public void AddTo(LoggerFilterOptions filters) =>
        filters.Rules.Add(new LoggerFilterRule(null, HostCategory, LogLevel.Warning, (_, _, _) => _started));
}
