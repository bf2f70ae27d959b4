using Microsoft.Extensions.Options;

namespace Frontier.Gateway;

/// <summary>A validator that collects everything that is wrong with a section, each with its key's path.</summary>
internal abstract class SectionValidator<TOptions> : IValidateOptions<TOptions>
    where TOptions : class
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        var failures = new List<string>();
        Check(options, failures);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    /// <summary>Adds what is wrong.</summary>
    protected abstract void Check(TOptions options, ICollection<string> failures);
}
