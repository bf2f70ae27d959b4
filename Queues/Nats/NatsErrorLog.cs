using Microsoft.Extensions.Logging;

namespace Frontier.Queues;

/// <summary>
/// Takes the errors that a server sends from the client's log, where they stand in the order in which they came: the event that tells of them may come
/// after the PONG behind it, and would then confirm a message that the server has refused.
/// </summary>
/// <param name="onError">Called with each error, before anything that the server sent after it takes effect.</param>
internal sealed class NatsErrorLog(Action<string> onError) : ILoggerFactory, ILogger
{
    private const string ErrorFormat = "Server error {Error}";

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => this;

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider)
    {
        // What else the client has to tell, the queue's state says.
    }

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (state is IReadOnlyList<KeyValuePair<string, object?>> { Count: 2 } values
            && values[1].Value is ErrorFormat
            && values[0].Value is string error)
        {
            onError(error);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Holds nothing.
    }
}
