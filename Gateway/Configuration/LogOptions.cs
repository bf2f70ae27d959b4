using Microsoft.Extensions.Configuration;

namespace Frontier.Gateway;

/// <summary>What is logged, where, and in which form: section <c>log</c>.</summary>
public sealed class LogOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "log";

    /// <summary>
    /// <c>log.level</c>: the least severe level that is written, <c>trace</c> to <c>fatal</c>. Default <c>info</c>. Single categories can be made
    /// quieter, not louder, under <c>Logging:LogLevel</c>.
    /// </summary>
    [ConfigurationKeyName("level")]
    public LogSeverity Level { get; init; } = LogSeverity.Info;

    /// <summary><c>log.output</c>: <c>stdout</c> or <c>stderr</c>. Default <c>stdout</c>.</summary>
    [ConfigurationKeyName("output")]
    public LogOutput Output { get; init; } = LogOutput.Stdout;

    /// <summary><c>log.format</c>: <c>text</c> or <c>json</c>, one line per entry either way. Default <c>text</c>.</summary>
    [ConfigurationKeyName("format")]
    public LogFormat Format { get; init; } = LogFormat.Text;
}
