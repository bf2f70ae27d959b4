using System.Globalization;
using Frontier.GrainInterfaces;

namespace Frontier.Gateway;

/// <summary>Checks the section <c>topics</c>.</summary>
internal sealed class TopicOptionsValidator : SectionValidator<TopicOptions>
{
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(30);

    /// <inheritdoc/>
    protected override void Check(TopicOptions options, ICollection<string> failures)
    {
        for (var i = 0; i < options.Fanout.Count; i++)
        {
            if (TopicFilter.Problem(options.Fanout[i]) is { } problem)
            {
                failures.Add(string.Create(CultureInfo.InvariantCulture, $"{TopicOptions.Section}.fanout[{i}]: \"{options.Fanout[i]}\": {problem}"));
            }
        }

        for (var i = 0; i < options.Retain.Count; i++)
        {
            CheckRetention(string.Create(CultureInfo.InvariantCulture, $"{TopicOptions.Section}.retain[{i}]"), options.Retain[i], failures);
        }

        NumberRules.AtLeast($"{TopicOptions.Section}.retain_topics", options.RetainTopics, 1, failures);
        NumberRules.AtLeast($"{TopicOptions.Section}.retain_bytes", options.RetainBytes, 1, failures);
        NumberRules.AtLeast($"{TopicOptions.Section}.retain_memory", options.RetainMemory, 1, failures);
    }

    private static void CheckRetention(string path, TopicRetentionOptions retention, ICollection<string> failures)
    {
        if (TopicFilter.Problem(retention.Topic) is { } problem)
        {
            failures.Add($"{path}.topic: \"{retention.Topic}\": {problem}");
        }

        if (retention.Lifetime <= TimeSpan.Zero || retention.Lifetime > LongestLifetime)
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"{path}.lifetime: {retention.Lifetime:c} is not between 0 (excluded) and 30 days"));
        }

        NumberRules.AtLeast($"{path}.max_messages", retention.MaxMessages, 1, failures);
    }
}
