using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Frontier.Gateway;

/// <summary>How Kestrel's sockets are set up for very many mostly idle connections.</summary>
public static class FrontierSockets
{
    // A reconnect storm after a gateway's restart brings thousands of connects within a second. Linux cuts this to net.core.somaxconn (4096).
    private const int Backlog = 4096;

    /// <summary>
    /// Sets up Kestrel's sockets, and makes an address that cannot be had stop the start with a <see cref="ListenException"/> that names its key.
    /// </summary>
    public static IWebHostBuilder UseFrontierSockets(this IWebHostBuilder host)
    {
        ArgumentNullException.ThrowIfNull(host);
        host.UseSockets();
        return host.ConfigureServices(services => services
            .AddSingleton<FrontierEndpoints>()
            .AddSingleton<ListenerMetrics>()
            .AddSingleton(provider => new ConnectionBudget(
                provider.GetRequiredService<IOptions<LimitOptions>>().Value, DescriptorLimit.OfThisProcess(), DescriptorLimit.Counter(), TimeProvider.System))
            .AddSingleton<IConnectionListenerFactory, FrontierListenerFactory>()
            .AddOptions<SocketTransportOptions>()
            .Configure<FrontierEndpoints, IOptions<LimitOptions>>((sockets, endpoints, limits) =>
            {
                // What is written goes out on a queue of its own and not at once on the thread that wrote it: frames that others write meanwhile leave with
                // it. Inline, a thousand calls at once cost half as much again (docs/performance.md).
                sockets.UnsafePreferInlineScheduling = false;
                // An idle connection rents no buffer.
                sockets.WaitForDataBeforeAllocatingBuffer = true;
                // What a peer may have sent that nobody has looked at yet, per connection.
                sockets.MaxReadBufferSize = limits.Value.MaxReadBufferBytes;
                sockets.Backlog = Backlog;
                sockets.CreateBoundListenSocket = address => Bind(address, endpoints);
            }));
    }

    private static Socket Bind(EndPoint address, FrontierEndpoints endpoints)
    {
        try
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(address);
        }
        catch (SocketException error) when (endpoints.FindBehind(address) is { } endpoint)
        {
            var reason = error.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "is already in use",
                SocketError.AddressNotAvailable => "is not an address of this machine",
                SocketError.AccessDenied => "may not be opened by this user",
                _ => $"cannot be opened: {error.Message}",
            };
            throw new ListenException($"{endpoint.Key}: {endpoint.Configured} {reason}", error);
        }
    }
}
