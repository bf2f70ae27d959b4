using System.Globalization;

namespace Frontier.Gateway;

/// <summary>Checks the section <c>daemon</c>.</summary>
internal sealed class DaemonOptionsValidator : SectionValidator<DaemonOptions>
{
    /// <inheritdoc/>
    protected override void Check(DaemonOptions options, ICollection<string> failures)
    {
        // The id becomes part of keys, log entries and metric names' values: one printable word.
        if (options.FrontierId.Length > 253 || options.FrontierId.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
        {
            failures.Add($"{DaemonOptions.Section}.frontier_id: \"{options.FrontierId}\" is not one word of at most 253 characters");
        }

        // Zero is meant: cut at once.
        if (options.DrainTimeout < TimeSpan.Zero || options.DrainTimeout > TimeSpan.FromHours(24))
        {
            failures.Add(string.Create(
                CultureInfo.InvariantCulture, $"{DaemonOptions.Section}.drain_timeout: {options.DrainTimeout:c} is not between 0 and 24h"));
        }
    }
}
