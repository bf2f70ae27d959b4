using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Frontier.Gateway;

/// <summary>Opens the ports that HTTP/1.1 and HTTP/2 share; all others are left to the factories before it.</summary>
internal sealed class SharedPortListenerFactory(IOptions<SocketTransportOptions> sockets, IOptions<LimitOptions> limits, ILoggerFactory loggers)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly SocketTransportFactory _sockets = new(sockets, loggers);
    private readonly ILogger _logger = loggers.CreateLogger<SharedPort>();

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => endpoint is SharedPortEndPoint;

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var shared = (SharedPortEndPoint)endpoint;
        return shared.Shared.BindAsync(shared.Protocol, _sockets, limits.Value.HandshakeTimeout, _logger, cancellationToken);
    }
}
