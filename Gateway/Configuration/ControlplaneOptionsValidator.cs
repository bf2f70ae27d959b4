namespace Frontier.Gateway;

/// <summary>Checks the section <c>controlplane</c>, unless it is switched off.</summary>
internal sealed class ControlplaneOptionsValidator : SectionValidator<ControlplaneOptions>
{
    /// <inheritdoc/>
    protected override void Check(ControlplaneOptions options, ICollection<string> failures)
    {
        if (options.Enable)
        {
            ListenRules.Check($"{ControlplaneOptions.Section}.listen", options.Listen, failures);
            AuthRules.Check($"{ControlplaneOptions.Section}.auth", options.Auth, failures);
        }
    }
}
