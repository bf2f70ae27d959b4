namespace Frontier.Silo;

/// <summary>The command line or the configuration is wrong.</summary>
/// <param name="problems">What is wrong, a line each, beginning with the option, file or key it is about.</param>
public sealed class ConfigurationException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    /// <summary>What is wrong, a line each.</summary>
    public IReadOnlyList<string> Problems => problems;
}
