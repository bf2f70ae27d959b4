using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>
/// Finds what a configuration says to no effect: keys of the original that are not supported yet, and keys nobody knows, which are typos more
/// often than not.
/// </summary>
public sealed partial class ConfigurationAudit
{
    // Keys that the original knows and this gateway does not yet. "*" names what stands under it one by one.
    private static readonly string[] NotSupportedKeys =
    [
        "daemon:pprof", "daemon:rlimit", "edgebound:bypass", "edgebound:bypass_enable", "log:file", "dao",
    ];

    // Variables with a port that Kubernetes sets as well, with an address, in a namespace with a service called frontier-edgebound and the like.
    private static readonly string[] PortVariables =
        ["FRONTIER_SERVICEBOUND_PORT", "FRONTIER_EDGEBOUND_PORT", "FRONTLAS_CONTROLPLANE_PORT", "FRONTLAS_FRONTIERPLANE_PORT"];

    private ConfigurationAudit(IReadOnlyList<string> notSupported, IReadOnlyList<string> serviceLinks, IReadOnlyList<UnknownKey> unknown)
    {
        NotSupported = notSupported;
        ServiceLinks = serviceLinks;
        Unknown = unknown;
    }

    /// <summary>Paths of keys, and names of environment variables, of the original that have no effect yet.</summary>
    public IReadOnlyList<string> NotSupported { get; }

    /// <summary>Names of environment variables for ports that hold an address which Kubernetes put there, and are ignored.</summary>
    public IReadOnlyList<string> ServiceLinks { get; }

    /// <summary>Keys that neither the original nor this gateway knows.</summary>
    public IReadOnlyList<UnknownKey> Unknown { get; }

    /// <summary>Looks through a configuration.</summary>
    /// <param name="configuration">The whole configuration.</param>
    /// <param name="sections">The sections that are known.</param>
    public static ConfigurationAudit Inspect(IConfiguration configuration, IEnumerable<OptionSection> sections)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(sections);
        var known = sections.ToDictionary(section => section.Name, StringComparer.OrdinalIgnoreCase);
        var notSupported = new List<string>();
        foreach (var key in NotSupportedKeys)
        {
            AddNotSupported(configuration, key, notSupported);
        }

        if (configuration["log:output"] is { } output && (IsWord(output, nameof(LogOutput.File)) || IsWord(output, nameof(LogOutput.Both))))
        {
            notSupported.Add($"log.output {output}");
        }

        var serviceLinks = PortVariables.Where(name => IsServiceLink(configuration[name])).ToList();
        var unknown = new List<UnknownKey>();
        foreach (var section in configuration.GetChildren())
        {
            if (known.TryGetValue(section.Key, out var found))
            {
                AddUnknown(section, found.OptionsType, unknown);
            }
            else if (section.GetChildren().Any() && !IsNotSupported(section.Path))
            {
                // Other libraries have sections of their own, so only what looks like one of ours misspelt is worth a word.
                if (Spelling.Nearest(section.Key, known.Keys) is { } meant)
                {
                    unknown.Add(new UnknownKey(section.Key, meant));
                }
            }
        }

        return new ConfigurationAudit(notSupported, serviceLinks, unknown);
    }

    /// <summary>Whether an environment variable's value is what Kubernetes sets for a service: <c>tcp://10.0.0.1:30012</c>.</summary>
    internal static bool IsServiceLink(string? value) =>
        value is not null && (value.StartsWith("tcp://", StringComparison.Ordinal)
            || value.StartsWith("udp://", StringComparison.Ordinal)
            || value.StartsWith("sctp://", StringComparison.Ordinal));

    /// <summary>The findings as sentences.</summary>
    public IEnumerable<string> Describe()
    {
        if (NotSupported.Count > 0)
        {
            yield return $"Not supported yet and ignored: {string.Join(", ", NotSupported)}";
        }

        if (ServiceLinks.Count > 0)
        {
            yield return $"Ignored {string.Join(", ", ServiceLinks)}: set by Kubernetes for a service of that name, not a port "
                + "(enableServiceLinks: false in the pod's spec keeps them out)";
        }

        foreach (var key in Unknown)
        {
            yield return key.Suggestion is null
                ? $"Unknown configuration key {key.Path} is ignored"
                : $"Unknown configuration key {key.Path} is ignored; did you mean {key.Suggestion}?";
        }
    }

    /// <summary>Writes the findings to a log, as warnings.</summary>
    public void WriteTo(ILogger logger)
    {
        foreach (var sentence in Describe())
        {
            Log.Finding(logger, sentence);
        }
    }

    private static void AddNotSupported(IConfiguration configuration, string key, List<string> notSupported)
    {
        if (key.EndsWith(":*", StringComparison.Ordinal))
        {
            foreach (var child in configuration.GetSection(key[..^2]).GetChildren())
            {
                AddNotSupported(configuration, child.Path, notSupported);
            }

            return;
        }

        var section = configuration.GetSection(key);
        if (!string.IsNullOrEmpty(section.Value) || section.GetChildren().Any())
        {
            notSupported.Add(KeyPath.Of(section));
        }
    }

    private static void AddUnknown(IConfigurationSection group, Type optionsType, List<UnknownKey> unknown)
    {
        var keys = OptionKey.Of(optionsType);
        foreach (var child in group.GetChildren())
        {
            var key = keys.FirstOrDefault(key => IsWord(child.Key, key.Name));
            if (key is null)
            {
                if (!IsNotSupported(child.Path))
                {
                    var meant = Spelling.Nearest(child.Key, keys.Select(key => key.Name));
                    unknown.Add(new UnknownKey(KeyPath.Of(child), meant is null ? null : $"{KeyPath.Of(group)}.{meant}"));
                }
            }
            else if (key.Kind == OptionKeyKind.Group)
            {
                AddUnknown(child, key.ValueType, unknown);
            }
            else if (key.Kind == OptionKeyKind.List && OptionKey.Of(key.ValueType).Count > 0)
            {
                foreach (var element in child.GetChildren())
                {
                    AddUnknown(element, key.ValueType, unknown);
                }
            }
        }
    }

    private static bool IsNotSupported(string path) =>
        NotSupportedKeys.Any(key => IsWord(path, key.EndsWith(":*", StringComparison.Ordinal) ? key[..^2] : key));

    private static bool IsWord(string left, string right) => left.Equals(right, StringComparison.OrdinalIgnoreCase);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Finding}", EventName = "ConfigurationIgnored")]
        public static partial void Finding(ILogger logger, string finding);
    }
}
