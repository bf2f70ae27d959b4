using System.Globalization;
using Frontier.Gateway;

namespace Frontier.Silo;

/// <summary>Puts the configuration together from its sources.</summary>
internal static class ConfigurationSources
{
    /// <summary>Reads all sources.</summary>
    /// <exception cref="ConfigurationException">A source cannot be read.</exception>
    public static ConfigurationManager Read(ConfigurationInputs inputs)
    {
        var configuration = new ConfigurationManager();
        AddAppSettings(configuration);
        if (inputs.File is { } file)
        {
            configuration.AddInMemoryCollection(YamlFile.Read(file));
        }

        configuration.AddInMemoryCollection(inputs.Environment
            .Select(variable => KeyValuePair.Create(variable.Key.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal), variable.Value))
            // Two variables that differ in case only are one key here; any of them will do.
            .DistinctBy(variable => variable.Key, StringComparer.OrdinalIgnoreCase));
        configuration.AddInMemoryCollection(TranslateVariables(configuration, inputs.Environment));
        configuration.AddInMemoryCollection(inputs.Overrides);
        return configuration;
    }

    // The variables of the original that stand for a key. They need what came before them, and give way to the command line.
    private static Dictionary<string, string?> TranslateVariables(ConfigurationManager configuration, IReadOnlyDictionary<string, string?> environment)
    {
        var keys = new Dictionary<string, string?>();
        var problems = new List<string>();
        ReplacePort("FRONTIER_SERVICEBOUND_PORT", ServiceboundOptions.Section, new ServiceboundOptions().Listen.Addr);
        ReplacePort("FRONTIER_EDGEBOUND_PORT", EdgeboundOptions.Section, new EdgeboundOptions().Listen.Addr);
        ReplacePort("FRONTLAS_CONTROLPLANE_PORT", FrontlasPortOptions.Section, new FrontlasPortOptions().Listen.Addr);
        ReplacePort("FRONTLAS_FRONTIERPLANE_PORT", FrontierPlaneOptions.Section, new FrontierPlaneOptions().Listen.Addr);
        if (environment.GetValueOrDefault("FRONTIER_DRAIN_SECONDS") is { Length: > 0 } seconds)
        {
            keys[$"{DaemonOptions.Section}:drain_timeout"] = $"{seconds}s";
            if (!uint.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                problems.Add($"FRONTIER_DRAIN_SECONDS: \"{seconds}\" is not a whole number of seconds");
            }
        }

        Rename("FRONTIER_ROLES", $"{ClusteringOptions.Section}:roles");
        TranslateRedis();
        RenameList("FRONTLAS_ADDR", $"{FrontlasOptions.Section}:dial:addrs");
        return problems.Count == 0 ? keys : throw new ConfigurationException(problems);

        void Rename(string variable, string key)
        {
            if (environment.GetValueOrDefault(variable) is { Length: > 0 } value)
            {
                keys[key] = value;
            }
        }

        void RenameList(string variable, string key)
        {
            var values = environment.GetValueOrDefault(variable)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
            for (var i = 0; i < values.Length; i++)
            {
                keys[string.Create(CultureInfo.InvariantCulture, $"{key}:{i}")] = values[i];
            }
        }

        // Which of the keys REDIS_ADDRS and REDIS_DB stand for depends on the mode.
        void TranslateRedis()
        {
            Rename("REDIS_TYPE", "redis:mode");
            Rename("REDIS_USER", "redis:username");
            Rename("REDIS_PASSWORD", "redis:password");
            Rename("MASTER_NAME", "redis:sentinel:master_name");
            var mode = (keys.GetValueOrDefault("redis:mode") ?? configuration["redis:mode"])?.ToLowerInvariant();
            if (mode is "sentinel" or "cluster")
            {
                Rename("REDIS_DB", "redis:sentinel:db");
                RenameList("REDIS_ADDRS", $"redis:{mode}:addrs");
            }
            else
            {
                Rename("REDIS_DB", "redis:standalone:db");
                Rename("REDIS_ADDRS", "redis:standalone:addr");
            }
        }

        void ReplacePort(string variable, string section, string defaultAddress)
        {
            if (environment.GetValueOrDefault(variable) is not { Length: > 0 } port || ConfigurationAudit.IsServiceLink(port))
            {
                return;
            }

            if (!ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                problems.Add($"{variable}: \"{port}\" is not a port");
                return;
            }

            // An address that is none stays as it is: the validation names it.
            var key = $"{section}:listen:addr";
            var address = configuration[key] is { Length: > 0 } configured ? configured : defaultAddress;
            if (ListenAddress.TryParse(address, out var parsed))
            {
                keys[key] = (parsed with { Port = number }).ToString();
            }
        }
    }

    private static void AddAppSettings(ConfigurationManager configuration)
    {
        var file = Path.Combine(AppContext.BaseDirectory, "appsettings.json");
        try
        {
            configuration.AddJsonFile(file, optional: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            // The innermost error knows the place; those around it only say that there was one.
            throw new ConfigurationException([$"{file}: {error.GetBaseException().Message.ReplaceLineEndings(" ")}"]);
        }
    }
}
