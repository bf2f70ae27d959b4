namespace Frontier.Gateway;

/// <summary>Checks the section <c>observability</c>, unless it is switched off.</summary>
internal sealed class ObservabilityOptionsValidator : SectionValidator<ObservabilityOptions>
{
    /// <inheritdoc/>
    protected override void Check(ObservabilityOptions options, ICollection<string> failures)
    {
        if (options.Enable)
        {
            ListenRules.CheckAddress($"{ObservabilityOptions.Section}.addr", options.Addr, failures);
            ListenRules.CheckProxyProtocol($"{ObservabilityOptions.Section}.proxy_protocol", options.ProxyProtocol, failures);
        }
    }
}
