using System.Collections;

namespace Frontier.Silo;

/// <summary>Where the configuration comes from, beside <c>appsettings.json</c>: later ones win, in the order file, environment, overrides.</summary>
public sealed class ConfigurationInputs
{
    /// <summary>A YAML file; null for none.</summary>
    public string? File { get; init; }

    /// <summary>Environment variables; two underscores in a name stand for a colon. Default: the process's.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value);

    /// <summary>Single keys, with colons between their parts. Default: none.</summary>
    public IReadOnlyDictionary<string, string?> Overrides { get; init; } = new Dictionary<string, string?>();
}
