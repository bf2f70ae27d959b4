namespace Frontier.Gateway;

/// <summary>Checks the section <c>edgebound</c>.</summary>
internal sealed class EdgeboundOptionsValidator : SectionValidator<EdgeboundOptions>
{
    /// <inheritdoc/>
    protected override void Check(EdgeboundOptions options, ICollection<string> failures)
    {
        ListenRules.Check($"{EdgeboundOptions.Section}.listen", options.Listen, failures);
        NumberRules.Timeout($"{EdgeboundOptions.Section}.probe_timeout", options.ProbeTimeout, failures);
    }
}
