using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Frontier.EndToEnd.Tests.Support;

/// <summary>One line of the gateway's log.</summary>
internal sealed record LogLine(LogLevel Level, string Category, string Text, Exception? Error);

/// <summary>Keeps what the gateway logs.</summary>
internal sealed class LogRecorder : ILoggerProvider
{
    private readonly ConcurrentQueue<LogLine> _lines = [];

    /// <summary>What the gateway itself has logged so far; Orleans and Kestrel left out.</summary>
    public IReadOnlyList<LogLine> Lines => [.. _lines.Where(line => line.Category.StartsWith("Frontier.", StringComparison.Ordinal))];

    /// <summary>What anybody has logged as an error.</summary>
    public IReadOnlyList<LogLine> Errors => [.. _lines.Where(line => line.Level >= LogLevel.Error)];

    public ILogger CreateLogger(string categoryName) => new Recorder(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Recorder(LogRecorder owner, string category) : ILogger
    {
        private readonly LogLevel _least = category.StartsWith("Frontier.", StringComparison.Ordinal) ? LogLevel.Debug : LogLevel.Warning;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= _least;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                owner._lines.Enqueue(new LogLine(logLevel, category, formatter(state, exception), exception));
            }
        }
    }
}
