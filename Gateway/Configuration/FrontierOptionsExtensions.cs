using Frontier.GrainInterfaces;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Frontier.Gateway;

/// <summary>Registers the gateway's options.</summary>
public static class FrontierOptionsExtensions
{
    /// <summary>
    /// Binds every section of the gateway to its options class. Wrong values stop the start with an <see cref="OptionsValidationException"/>
    /// whose failures begin with the key's path.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configuration">The whole configuration: the sections stand at its root, as in a <c>frontier.yaml</c>.</param>
    public static IServiceCollection AddFrontierOptions(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddSingleton<IPostConfigureOptions<DaemonOptions>>(new DaemonOptionsDefaults(configuration));
        services.AddSingleton(provider => RulesOf(provider.GetRequiredService<IOptions<TopicOptions>>().Value));
        return services
            .AddFrontierSection<TopicOptions, TopicOptionsValidator>(configuration, TopicOptions.Section)
            .AddFrontierSection<EdgeOptions, EdgeOptionsValidator>(configuration, EdgeOptions.Section)
            .AddFrontierSection<DaemonOptions, DaemonOptionsValidator>(configuration, DaemonOptions.Section)
            .AddFrontierSection<EdgeboundOptions, EdgeboundOptionsValidator>(configuration, EdgeboundOptions.Section)
            .AddFrontierSection<ServiceboundOptions, ServiceboundOptionsValidator>(configuration, ServiceboundOptions.Section)
            .AddFrontierSection<ExchangeOptions, ExchangeOptionsValidator>(configuration, ExchangeOptions.Section)
            .AddFrontierSection<LimitOptions, LimitOptionsValidator>(configuration, LimitOptions.Section)
            .AddFrontierSection<DrainOptions, DrainOptionsValidator>(configuration, DrainOptions.Section)
            .AddFrontierSection<ControlplaneOptions, ControlplaneOptionsValidator>(configuration, ControlplaneOptions.Section)
            .AddFrontierSection<ObservabilityOptions, ObservabilityOptionsValidator>(configuration, ObservabilityOptions.Section)
            .AddFrontierSection<LogOptions, LogOptionsValidator>(configuration, LogOptions.Section);
    }

    /// <summary>Binds one more section by the same rules: keys by <see cref="ConfigurationKeyNameAttribute"/>, durations and sizes with units.</summary>
    /// <typeparam name="TOptions">The class whose properties name the keys.</typeparam>
    /// <typeparam name="TValidator">What checks the values.</typeparam>
    /// <param name="services">The host's services.</param>
    /// <param name="configuration">The whole configuration.</param>
    /// <param name="section">The section's name.</param>
    public static IServiceCollection AddFrontierSection<TOptions, TValidator>(
        this IServiceCollection services, IConfiguration configuration, string section)
        where TOptions : class
        where TValidator : class, IValidateOptions<TOptions>
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>, TValidator>());
        return services.AddFrontierSection<TOptions>(configuration, section);
    }

    private static TopicRules RulesOf(TopicOptions options) => new()
    {
        HasFilters = options.Filters,
        HasGroups = options.Groups,
        Fanout = options.Fanout,
        Redelivers = options.Redeliver,
        Retention = [.. options.Retain.Select(retained => new RetentionRule(retained.Topic, retained.Lifetime, retained.MaxMessages))],
    };

    private static IServiceCollection AddFrontierSection<TOptions>(this IServiceCollection services, IConfiguration configuration, string section)
        where TOptions : class
    {
        services.AddSingleton(new OptionSection(section, typeof(TOptions)));
        services.AddOptions<TOptions>()
            .Configure(options =>
            {
                var failures = new List<string>();
                OptionBinder.Bind(configuration.GetSection(section), options, failures);
                if (failures.Count > 0)
                {
                    throw new OptionsValidationException(section, typeof(TOptions), failures);
                }
            })
            .ValidateOnStart();
        return services;
    }
}
