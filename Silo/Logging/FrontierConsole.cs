using Frontier.Gateway;
using Microsoft.Extensions.Logging.Console;

namespace Frontier.Silo;

/// <summary>
/// The console log. Lines wait in a bounded queue for a thread of their own to write them, and are dropped and counted when nobody reads the other end;
/// whoever logs never waits. In front of it, repeated lines are sampled and text from outside is made fit for a log.
/// </summary>
[ProviderAlias("Console")]
internal sealed partial class FrontierConsole : ILoggerProvider, ISupportExternalScope
{
    private readonly ConsoleLoggerProvider _console;
    private readonly LogSampler _sampler;
    private readonly TimeSpan _interval;
    private readonly ILogger _own;
    private readonly ITimer _timer;

    /// <summary>Puts sampling and cleaning before a console.</summary>
    /// <param name="console">What writes, without blocking.</param>
    /// <param name="options">How many repetitions are written.</param>
    /// <param name="time">The clock of the intervals.</param>
    public FrontierConsole(ConsoleLoggerProvider console, LogOptions options, TimeProvider time)
    {
        _console = console;
        _sampler = new LogSampler(options.MaxRepeatsPerSource, options.MaxRepeats);
        _interval = options.RepeatInterval;
        _own = console.CreateLogger(typeof(FrontierConsole).FullName!);
        _timer = time.CreateTimer(_ => Report(), null, _interval, _interval);
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(_console.CreateLogger(categoryName), categoryName, _sampler);

    /// <inheritdoc/>
    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _console.SetScopeProvider(new CleanScopes(scopeProvider));

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer.Dispose();
        Report();
        _console.Dispose();
    }

    private void Report()
    {
        foreach (var (line, count) in _sampler.Roll())
        {
            if (line.Source is null)
            {
                Log.Suppressed(_own, count, _interval, line.Category, line.EventId, line.Template);
            }
            else
            {
                Log.SuppressedFromSource(_own, count, line.Source, _interval, line.Category, line.EventId, line.Template);
            }
        }
    }

    private sealed class Logger(ILogger console, string category, LogSampler sampler) : ILogger
    {
        public bool IsEnabled(LogLevel logLevel) => console.IsEnabled(logLevel);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => console.BeginScope(state);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var values = state as IReadOnlyList<KeyValuePair<string, object?>>;
            if (IsEnabled(logLevel) && sampler.TryTake(category, logLevel, eventId, values))
            {
                var line = LogLine.From(formatter(state, exception), values);
                console.Log(logLevel, eventId, line, LogLine.Clean(exception), static (line, _) => line.ToString());
            }
        }
    }

    // Scopes carry what a request says of itself, such as its path.
    private sealed class CleanScopes(IExternalScopeProvider scopes) : IExternalScopeProvider
    {
        public void ForEachScope<TState>(Action<object?, TState> callback, TState state) => scopes.ForEachScope(
            static (scope, to) => to.callback(
                scope is null ? null : LogLine.From(scope.ToString() ?? "", scope as IReadOnlyList<KeyValuePair<string, object?>>), to.state),
            (callback, state));

        public IDisposable Push(object? state) => scopes.Push(state);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Suppressed {Count} repetitions in {Interval} of {Category}[{Event}]: {Template}")]
        public static partial void Suppressed(ILogger logger, long count, TimeSpan interval, string category, int @event, string template);

        [LoggerMessage(2, LogLevel.Warning, "Suppressed {Count} repetitions from {Source} in {Interval} of {Category}[{Event}]: {Template}")]
        public static partial void SuppressedFromSource(
            ILogger logger, long count, System.Net.IPAddress source, TimeSpan interval, string category, int @event, string template);
    }
}
