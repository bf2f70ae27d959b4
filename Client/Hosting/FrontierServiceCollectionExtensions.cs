using Frontier.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>
/// Registers Frontier's clients. Each is a singleton that is connected when the host starts and closed when it stops. The host starts without waiting for a
/// gateway when <see cref="ReconnectOptions.RetryFirstConnection"/> is set; otherwise it fails to start when there is none. Wrong options keep it from starting.
/// </summary>
public static class FrontierServiceCollectionExtensions
{
    /// <summary>Registers a <see cref="FrontierEdge"/>.</summary>
    /// <param name="services">Where.</param>
    /// <param name="options">Makes its options; where they name no logger factory, the host's is used.</param>
    /// <param name="serviceKey">A key, to register several; null for none.</param>
    public static IServiceCollection AddFrontierEdge(this IServiceCollection services, Func<IServiceProvider, FrontierEdgeOptions> options, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        return services.AddClient(provider =>
        {
            var chosen = options(provider);
            return new FrontierEdge(chosen with { LoggerFactory = chosen.LoggerFactory ?? provider.GetService<ILoggerFactory>() });
        }, serviceKey);
    }

    /// <summary>Registers a <see cref="FrontierEdge"/> with what a configuration section says; see <see cref="FrontierEdgeOptions.FromConfiguration"/>.</summary>
    /// <param name="services">Where.</param>
    /// <param name="section">The section.</param>
    /// <param name="configure">Adds what a configuration cannot say, such as methods.</param>
    public static IServiceCollection AddFrontierEdge(
        this IServiceCollection services, IConfiguration section, Func<IServiceProvider, FrontierEdgeOptions, FrontierEdgeOptions>? configure = null) =>
        services.AddFrontierEdge(provider =>
        {
            var options = FrontierEdgeOptions.FromConfiguration(section);
            return configure is null ? options : configure(provider, options);
        });

    /// <summary>Registers a <see cref="FrontierService"/>.</summary>
    /// <param name="services">Where.</param>
    /// <param name="options">Makes its options; where they name no logger factory, the host's is used.</param>
    /// <param name="serviceKey">A key, to register several; null for none.</param>
    public static IServiceCollection AddFrontierService(this IServiceCollection services, Func<IServiceProvider, FrontierServiceOptions> options, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        return services.AddClient(provider =>
        {
            var chosen = options(provider);
            return new FrontierService(chosen with { LoggerFactory = chosen.LoggerFactory ?? provider.GetService<ILoggerFactory>() });
        }, serviceKey);
    }

    /// <summary>Registers a <see cref="FrontierService"/> with what a configuration section says; see <see cref="FrontierServiceOptions.FromConfiguration"/>.</summary>
    /// <param name="services">Where.</param>
    /// <param name="section">The section.</param>
    /// <param name="configure">Adds what a configuration cannot say, such as methods.</param>
    public static IServiceCollection AddFrontierService(
        this IServiceCollection services, IConfiguration section, Func<IServiceProvider, FrontierServiceOptions, FrontierServiceOptions>? configure = null) =>
        services.AddFrontierService(provider =>
        {
            var options = FrontierServiceOptions.FromConfiguration(section);
            return configure is null ? options : configure(provider, options);
        });

    /// <summary>Registers a <see cref="FrontierClusterService"/>.</summary>
    /// <param name="services">Where.</param>
    /// <param name="options">Makes its options; where they name no logger factory, the host's is used.</param>
    public static IServiceCollection AddFrontierClusterService(this IServiceCollection services, Func<IServiceProvider, FrontierClusterServiceOptions> options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton(provider =>
        {
            var chosen = options(provider);
            return new FrontierClusterService(chosen with
            {
                Service = chosen.Service with { LoggerFactory = chosen.Service.LoggerFactory ?? provider.GetService<ILoggerFactory>() },
            });
        });
        return services.AddSingleton<IHostedService>(provider =>
        {
            var service = provider.GetRequiredService<FrontierClusterService>();
            return new ClientHostedService(service.StartAsync, waits: true, _ => service.DisposeAsync().AsTask());
        });
    }

    private static IServiceCollection AddClient<TClient>(this IServiceCollection services, Func<IServiceProvider, TClient> make, object? serviceKey)
        where TClient : FrontierClient
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddKeyedSingleton(serviceKey, (provider, _) => make(provider));
        return services.AddSingleton<IHostedService>(provider =>
        {
            var client = provider.GetRequiredKeyedService<TClient>(serviceKey);
            return new ClientHostedService(client.StartAsync, client.Options.Reconnect is not { RetryFirstConnection: true }, client.CloseAsync);
        });
    }
}
