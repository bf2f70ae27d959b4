namespace Frontier.Gateway;

/// <summary>Checks the section <c>exchange</c>.</summary>
internal sealed class ExchangeOptionsValidator : SectionValidator<ExchangeOptions>
{
    /// <inheritdoc/>
    protected override void Check(ExchangeOptions options, ICollection<string> failures) =>
        NumberRules.Timeout($"{ExchangeOptions.Section}.forward_timeout", options.ForwardTimeout, failures);
}
