using Frontier.Gateway;
using Frontier.Queues;
using Microsoft.Extensions.Options;

namespace Frontier.Silo;

/// <summary>A configuration that was read and found good: what a host is built from.</summary>
public sealed class FrontierSettings
{
    private readonly IServiceProvider _options;

    private FrontierSettings(IConfiguration configuration, ConfigurationAudit audit, IServiceProvider options)
    {
        Configuration = configuration;
        Audit = audit;
        _options = options;
    }

    /// <summary>All keys of all sources.</summary>
    public IConfiguration Configuration { get; }

    /// <summary>What the configuration says to no effect.</summary>
    public ConfigurationAudit Audit { get; }

    /// <summary>Reads and checks a configuration.</summary>
    /// <exception cref="ConfigurationException">A source cannot be read, or values are wrong: all of them are named.</exception>
    public static FrontierSettings Load(ConfigurationInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var configuration = ConfigurationSources.Read(inputs);
        var services = new ServiceCollection();
        AddOptions(services, configuration);
        var options = services.BuildServiceProvider();
        try
        {
            options.GetRequiredService<IStartupValidator>().Validate();
        }
        catch (Exception error) when (StartFailure.Describe(error) is { } problems)
        {
            throw new ConfigurationException(problems);
        }

        var audit = ConfigurationAudit.Inspect(configuration, options.GetServices<OptionSection>());
        // Elsewhere an unknown key is worth a warning. Here it would mean that messages go astray, that a door stands open, or that a limit is not one.
        string[] unknown =
        [
            .. audit.Unknown.Where(key => MustBeKnown(key.Path) || MustBeKnown($"{key.Suggestion}."))
                .Select(key => key.Suggestion is null ? $"{key.Path}: unknown key" : $"{key.Path}: unknown key; did you mean {key.Suggestion}?"),
        ];
        return unknown.Length > 0 ? throw new ConfigurationException(unknown) : new FrontierSettings(configuration, audit, options);
    }

    /// <summary>The options of a section.</summary>
    public TOptions Get<TOptions>()
        where TOptions : class => _options.GetRequiredService<IOptions<TOptions>>().Value;

    // Below these, and in the place of one of these.
    private static bool MustBeKnown(string path) =>
        path.StartsWith($"{MqmOptions.Section}.", StringComparison.OrdinalIgnoreCase)
        || path.StartsWith($"{LimitOptions.Section}.", StringComparison.OrdinalIgnoreCase)
        || path.Contains(".tls.", StringComparison.OrdinalIgnoreCase)
        || path.Contains(".auth.", StringComparison.OrdinalIgnoreCase)
        || path.Contains(".proxy_protocol.", StringComparison.OrdinalIgnoreCase);

    /// <summary>Registers the options of all sections.</summary>
    internal static void AddOptions(IServiceCollection services, IConfiguration configuration) => services
        .AddFrontierOptions(configuration)
        .AddFrontlasOptions(configuration)
        .AddFrontierSection<MqmOptions, MqmOptionsValidator>(configuration, MqmOptions.Section)
        .AddFrontierSection<RedisOptions, RedisOptionsValidator>(configuration, RedisOptions.Section)
        .AddFrontierSection<ClusteringOptions, ClusteringOptionsValidator>(configuration, ClusteringOptions.Section);
}
