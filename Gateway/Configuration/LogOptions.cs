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

    /// <summary>
    /// <c>log.max_queued_lines</c>: how many lines wait to be written when whoever reads the log is slow; further ones are dropped and counted. Default 10,000.
    /// </summary>
    [ConfigurationKeyName("max_queued_lines")]
    public int MaxQueuedLines { get; init; } = 10_000;

    /// <summary>
    /// <c>log.max_repeats_per_source</c>: how many lines of a kind about one address are written per <see cref="RepeatInterval"/>; the others are counted.
    /// 0 for any number. Default 10.
    /// </summary>
    [ConfigurationKeyName("max_repeats_per_source")]
    public int MaxRepeatsPerSource { get; init; } = 10;

    /// <summary><c>log.max_repeats</c>: the same, for lines of a kind about all addresses or none. Default 200.</summary>
    [ConfigurationKeyName("max_repeats")]
    public int MaxRepeats { get; init; } = 200;

    /// <summary><c>log.repeat_interval</c>: how often the counting begins anew, and the log says what was left out. Default 10 s.</summary>
    [ConfigurationKeyName("repeat_interval")]
    public TimeSpan RepeatInterval { get; init; } = TimeSpan.FromSeconds(10);
}
