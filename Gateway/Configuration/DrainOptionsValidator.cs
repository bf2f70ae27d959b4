namespace Frontier.Gateway;

/// <summary>Checks the section <c>drain</c>.</summary>
internal sealed class DrainOptionsValidator : SectionValidator<DrainOptions>
{
    /// <inheritdoc/>
    protected override void Check(DrainOptions options, ICollection<string> failures) =>
        NumberRules.AtLeast($"{DrainOptions.Section}.rate", options.Rate, 1, failures);
}
