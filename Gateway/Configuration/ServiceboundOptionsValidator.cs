namespace Frontier.Gateway;

/// <summary>Checks the section <c>servicebound</c>.</summary>
internal sealed class ServiceboundOptionsValidator : SectionValidator<ServiceboundOptions>
{
    /// <inheritdoc/>
    protected override void Check(ServiceboundOptions options, ICollection<string> failures) =>
        ListenRules.Check($"{ServiceboundOptions.Section}.listen", options.Listen, failures);
}
