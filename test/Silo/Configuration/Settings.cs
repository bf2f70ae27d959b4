namespace Frontier.Silo.Tests;

/// <summary>Configurations for tests, read from text instead of the machine's own environment.</summary>
internal static class Settings
{
    public static FrontierSettings FromYaml(string yaml, params (string Name, string Value)[] environment)
    {
        using var file = new TemporaryFile("frontier.yaml", yaml);
        return Load(file.Path, environment, []);
    }

    public static FrontierSettings FromKeys(params (string Key, string Value)[] overrides) => Load(null, [], overrides);

    public static FrontierSettings Load(string? file, (string Name, string Value)[] environment, (string Key, string Value)[] overrides) =>
        FrontierSettings.Load(new ConfigurationInputs
        {
            File = file,
            Environment = environment.ToDictionary(variable => variable.Name, variable => (string?)variable.Value),
            Overrides = overrides.ToDictionary(key => key.Key, key => (string?)key.Value),
        });

    /// <summary>A gateway that takes free ports of loopback only.</summary>
    public static (string Key, string Value)[] OnFreePorts { get; } =
    [
        ("edgebound:listen:addr", "127.0.0.1:0"),
        ("servicebound:listen:addr", "127.0.0.1:0"),
        ("controlplane:listen:addr", "127.0.0.1:0"),
        ("control_plane:listen:addr", "127.0.0.1:0"),
        ("observability:addr", "127.0.0.1:0"),
    ];
}
