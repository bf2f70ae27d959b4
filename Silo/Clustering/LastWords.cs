namespace Frontier.Silo;

/// <summary>
/// Ends the process when it cannot go on: the cluster has given it up, or Orleans has failed. What it holds belongs to others by now, so it leaves at
/// once; whoever started it starts it again.
/// </summary>
internal sealed partial class LastWords(ILoggerFactory loggers) : IFatalErrorHandler
{
    /// <summary>The exit code: EX_SOFTWARE of sysexits.h, other than that of a start that failed.</summary>
    public const int ExitCode = 70;

    /// <inheritdoc/>
    public bool IsUnexpected(Exception exception) => exception is not OperationCanceledException;

    /// <inheritdoc/>
    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        Log.Leaving(loggers.CreateLogger<LastWords>(), context ?? "for no known reason", ExitCode, exception);
        // Writes out what the log still holds.
        loggers.Dispose();
        Environment.Exit(ExitCode);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Critical, "This process leaves the cluster at once and ends with exit code {ExitCode}: {Context}")]
        public static partial void Leaving(ILogger logger, string context, int exitCode, Exception? exception);
    }
}
