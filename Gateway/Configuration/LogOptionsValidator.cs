namespace Frontier.Gateway;

/// <summary>Checks the section <c>log</c>.</summary>
internal sealed class LogOptionsValidator : SectionValidator<LogOptions>
{
    /// <inheritdoc/>
    protected override void Check(LogOptions options, ICollection<string> failures)
    {
        NumberRules.AtLeast($"{LogOptions.Section}.max_queued_lines", options.MaxQueuedLines, 1, failures);
        NumberRules.AtLeast($"{LogOptions.Section}.max_repeats_per_source", options.MaxRepeatsPerSource, 0, failures);
        NumberRules.AtLeast($"{LogOptions.Section}.max_repeats", options.MaxRepeats, 0, failures);
        NumberRules.Timeout($"{LogOptions.Section}.repeat_interval", options.RepeatInterval, failures);
    }
}
