using System.Globalization;
using Frontier.GrainInterfaces;

namespace Frontier.Gateway;

/// <summary>Checks the section <c>topics</c>.</summary>
internal sealed class TopicOptionsValidator : SectionValidator<TopicOptions>
{
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
    }
}
