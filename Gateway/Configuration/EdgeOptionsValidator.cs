using System.Globalization;

namespace Frontier.Gateway;

/// <summary>Checks the section <c>edges</c>.</summary>
internal sealed class EdgeOptionsValidator : SectionValidator<EdgeOptions>
{
    private const int MostMessages = 100_000;

    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(30);

    /// <inheritdoc/>
    protected override void Check(EdgeOptions options, ICollection<string> failures)
    {
        NumberRules.AtLeast($"{EdgeOptions.Section}.retain_edges", options.RetainEdges, 1, failures);
        NumberRules.AtLeast($"{EdgeOptions.Section}.retain_bytes", options.RetainBytes, 1, failures);
        NumberRules.AtLeast($"{EdgeOptions.Section}.max_messages", options.MaxMessages, 1, failures);
        if (options.MaxMessages > MostMessages)
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"{EdgeOptions.Section}.max_messages: {options.MaxMessages} is more than {MostMessages}"));
        }

        if (options.MaxLifetime <= TimeSpan.Zero || options.MaxLifetime > LongestLifetime)
        {
            failures.Add(string.Create(
                CultureInfo.InvariantCulture, $"{EdgeOptions.Section}.max_lifetime: {options.MaxLifetime:c} is not between 0 (excluded) and 30 days"));
        }

        NumberRules.AtLeast($"{EdgeOptions.Section}.retain_memory", options.RetainMemory, 1, failures);
    }
}
