using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using KestrelListenOptions = Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions;

namespace Frontier.Gateway;

/// <summary>Adds Frontier's listeners to Kestrel, with the addresses and TLS settings of the configuration.</summary>
public static class FrontierListeners
{
    /// <summary>
    /// Adds the listeners for services and for edges. Needs <see cref="FrontierOptionsExtensions.AddFrontierOptions"/> and
    /// <see cref="FrontierEndpoints"/> among the services.
    /// </summary>
    /// <exception cref="OptionsValidationException">The configuration is wrong.</exception>
    /// <exception cref="ListenException">A host name cannot be resolved.</exception>
    public static void ListenFrontier(this KestrelServerOptions kestrel)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        var services = kestrel.ApplicationServices;
        var servicebound = services.GetRequiredService<IOptions<ServiceboundOptions>>().Value.Listen;
        kestrel.ListenFrontierRaw<ServiceConnectionHandler>(FrontierEndpoints.Servicebound, $"{ServiceboundOptions.Section}.listen", servicebound);
        var edgebound = services.GetRequiredService<IOptions<EdgeboundOptions>>().Value.Listen;
        kestrel.ListenFrontierRaw<EdgeConnectionHandler>(FrontierEndpoints.Edgebound, $"{EdgeboundOptions.Section}.listen", edgebound);
    }

    /// <summary>Adds a listener for HTTP/1.1, whose requests carry an <see cref="IListenerNameFeature"/>.</summary>
    /// <param name="kestrel">The server.</param>
    /// <param name="name">The listener's name.</param>
    /// <param name="key">The path of the key with its address.</param>
    /// <param name="listen">Its address and TLS settings; those of TLS stand under the key beside the address.</param>
    /// <exception cref="OptionsValidationException">The TLS settings are wrong.</exception>
    /// <exception cref="ListenException">A host name cannot be resolved.</exception>
    public static void ListenHttp(this KestrelServerOptions kestrel, string name, string key, ListenOptions listen)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(listen);
        kestrel.ListenAt(name, key, TlsPathBeside(key), listen, HttpProtocols.Http1, applicationProtocols: null, static _ => { });
    }

    /// <summary>
    /// Adds a listener for gRPC and HTTP/1.1 on one port: by ALPN with TLS, by the first bytes of a connection without. Its requests carry an
    /// <see cref="IListenerNameFeature"/>.
    /// </summary>
    /// <inheritdoc cref="ListenHttp"/>
    public static void ListenGrpc(this KestrelServerOptions kestrel, string name, string key, ListenOptions listen)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(listen);
        kestrel.ListenAt(name, key, TlsPathBeside(key), listen, HttpProtocols.Http1AndHttp2, applicationProtocols: null, static _ => { });
    }

    /// <summary>Adds a listener for Geminio, whose connections a handler of the caller's takes.</summary>
    /// <inheritdoc cref="ListenHttp"/>
    /// <typeparam name="THandler">What takes the connections; made from the services, once.</typeparam>
    public static void ListenRaw<THandler>(this KestrelServerOptions kestrel, string name, string key, ListenOptions listen)
        where THandler : ConnectionHandler
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(listen);
        kestrel.ListenAt(
            name, key, TlsPathBeside(key), listen, HttpProtocols.Http1, applicationProtocols: [], static listener => listener.UseConnectionHandler<THandler>());
    }

    private static string TlsPathBeside(string key) => $"{key[..key.LastIndexOf('.')]}.tls";

    private static void ListenFrontierRaw<THandler>(this KestrelServerOptions kestrel, string name, string path, ListenOptions listen)
        where THandler : ConnectionHandler =>
        kestrel.ListenRaw<THandler>(name, $"{path}.addr", listen);

    private static void ListenAt(
        this KestrelServerOptions kestrel,
        string name,
        string key,
        string tlsPath,
        ListenOptions listen,
        HttpProtocols protocols,
        List<SslApplicationProtocol>? applicationProtocols,
        Action<KestrelListenOptions> configure)
    {
        var services = kestrel.ApplicationServices;
        var tls = listen.Tls.Enable ? UseFiles(services, tlsPath, listen.Tls, applicationProtocols) : null;
        if (tls is not null && listen.Tls.Optional && applicationProtocols is not [])
        {
            throw new OptionsValidationException(tlsPath, typeof(TlsOptions), [$"{tlsPath}.optional: only the ports of edges, services and frontiers have it"]);
        }

        var endpoint = services.GetRequiredService<FrontierEndpoints>().Add(name, key, listen.Addr);
        var timeout = services.GetRequiredService<IOptions<LimitOptions>>().Value.HandshakeTimeout;
        var proxy = listen.ProxyProtocol.Enable
            ? new ProxyProtocol(
                name,
                listen.ProxyProtocol,
                timeout,
                services.GetRequiredService<ListenerMetrics>(),
                services.GetRequiredService<ILoggerFactory>().CreateLogger("Frontier.Gateway.Listeners"))
            : null;
        var feature = new ListenerNameFeature(name);
        foreach (var address in Resolve(key, listen).Select(address => new ListenerEndPoint(address, name)))
        {
            if (protocols == HttpProtocols.Http1AndHttp2 && tls is null)
            {
                var port = new SharedPort(address, proxy);
                kestrel.Listen(new SharedPortEndPoint(port, HttpProtocols.Http1), listener =>
                {
                    endpoint.Add(listener);
                    Configure(listener, HttpProtocols.Http1, proxy: null); // Has been asked already.
                });
                kestrel.Listen(new SharedPortEndPoint(port, HttpProtocols.Http2), listener => Configure(listener, HttpProtocols.Http2, proxy: null));
                continue;
            }

            kestrel.Listen(address, listener =>
            {
                endpoint.Add(listener);
                Configure(listener, protocols, proxy);
            });
        }

        void Configure(KestrelListenOptions listener, HttpProtocols spoken, ProxyProtocol? proxy)
        {
            listener.Protocols = spoken;
            listener.Use(next => connection => Introduce(connection, feature, next));
            if (proxy is not null)
            {
                listener.Use(next => async connection =>
                {
                    if (await proxy.TakeHeaderAsync(connection))
                    {
                        await next(connection);
                    }
                });
            }

            if (tls is not null && listen.Tls.Optional)
            {
                listener.UseOptionalTls(tls);
            }
            else if (tls is not null)
            {
                listener.UseHttps(tls);
            }

            if (applicationProtocols is not [])
            {
                listener.RequireHttp(timeout); // Of HTTP; a session of ours has a timeout of its own.
            }

            configure(listener);
        }
    }

    // A socket for IPv4 and IPv6 shows IPv4 peers as ::ffff:a.b.c.d; logs, hooks and limits per source should see the address peers have.
    private static Task Introduce(ConnectionContext connection, ListenerNameFeature feature, ConnectionDelegate next)
    {
        if (connection.RemoteEndPoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped)
        {
            connection.RemoteEndPoint = new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port);
        }

        connection.Features.Set<IListenerNameFeature>(feature);
        return next(connection);
    }

    private static IReadOnlyList<IPEndPoint> Resolve(string key, ListenOptions listen)
    {
        if (!ListenAddress.TryParse(listen.Addr, out var address))
        {
            throw new OptionsValidationException(key, typeof(ListenOptions), [$"{key}: \"{listen.Addr}\" is not host:port"]);
        }

        try
        {
            return address.Resolve(listen.Network);
        }
        catch (SocketException error)
        {
            throw new ListenException($"{key}: {listen.Addr} cannot be resolved: {error.Message}", error);
        }
    }

    private static TlsHandshakeCallbackOptions UseFiles(
        IServiceProvider services, string path, TlsOptions tls, List<SslApplicationProtocol>? applicationProtocols)
    {
        var files = new ReloadingTls(
            path,
            tls,
            applicationProtocols,
            services.GetRequiredService<ListenerMetrics>(),
            services.GetRequiredService<ILoggerFactory>().CreateLogger("Frontier.Gateway.Tls"),
            services.GetService<TimeProvider>() ?? TimeProvider.System);
        return new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = services.GetRequiredService<IOptions<LimitOptions>>().Value.HandshakeTimeout,
            OnConnection = handshake => ValueTask.FromResult(files.Select(handshake.ClientHelloInfo.ServerName)),
        };
    }
}
