using Frontier.Gateway;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;

namespace Frontier.Silo;

/// <summary>Sets up the log as section <c>log</c> says.</summary>
internal static class FrontierLogging
{
    /// <summary>Adds the console log.</summary>
    public static void AddFrontierLogging(this WebApplicationBuilder builder, LogOptions options)
    {
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Logging.SetMinimumLevel(LevelOf(options.Level));
        builder.Services.AddSingleton<LifetimeGates>();
        builder.Services.AddOptions<LoggerFilterOptions>().PostConfigure<LifetimeGates>((filters, gates) =>
        {
            gates.AddTo(filters);
            Raise(filters, LevelOf(options.Level));
        });
        builder.Services.Configure<ConsoleLoggerOptions>(console =>
        {
            if (options.Output == LogOutput.Stderr)
            {
                console.LogToStandardErrorThreshold = LogLevel.Trace;
            }

            // A pipe that nobody reads, a full disk behind it: lines are lost then, and how many is said when there is room again. Work goes on.
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
            console.MaxQueueLength = options.MaxQueuedLines;
        });

        const string Timestamp = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        if (options.Format == LogFormat.Json)
        {
            builder.Logging.AddJsonConsole(json =>
            {
                json.TimestampFormat = Timestamp.TrimEnd();
                json.UseUtcTimestamp = true;
            });
        }
        else
        {
            builder.Logging.AddSimpleConsole(text =>
            {
                text.TimestampFormat = Timestamp;
                text.UseUtcTimestamp = true;
                text.SingleLine = true;
            });
        }

        // The formats above come with a provider that would write what it is given, as often as it is given.
        builder.Services.RemoveAll<ILoggerProvider>();
        builder.Services.AddSingleton<ILoggerProvider>(services => new FrontierConsole(
            ActivatorUtilities.CreateInstance<ConsoleLoggerProvider>(services), options, TimeProvider.System));
    }

    private static LogLevel LevelOf(LogSeverity severity) => severity switch
    {
        LogSeverity.Trace => LogLevel.Trace,
        LogSeverity.Debug => LogLevel.Debug,
        LogSeverity.Info => LogLevel.Information,
        LogSeverity.Warn => LogLevel.Warning,
        LogSeverity.Error => LogLevel.Error,
        _ => LogLevel.Critical,
    };

    // A category with a level of its own would otherwise stay at it when the log as a whole is made quieter.
    private static void Raise(LoggerFilterOptions filters, LogLevel least)
    {
        for (var i = 0; i < filters.Rules.Count; i++)
        {
            var rule = filters.Rules[i];
            if (rule.LogLevel < least)
            {
                filters.Rules[i] = new LoggerFilterRule(rule.ProviderName, rule.CategoryName, least, rule.Filter);
            }
        }
    }
}
