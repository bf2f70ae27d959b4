using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Frontier.Gateway;

/// <summary>Opens the ports of our listeners, within the <see cref="ConnectionBudget"/>; and those that HTTP/1.1 and HTTP/2 share once for both.</summary>
internal sealed class FrontierListenerFactory(
    IOptions<SocketTransportOptions> sockets, IOptions<LimitOptions> limits, ConnectionBudget budget, ListenerMetrics metrics, ILoggerFactory loggers)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly SocketTransportFactory _sockets = new(sockets, loggers);
    private readonly ILogger _logger = loggers.CreateLogger("Frontier.Gateway.Listeners");

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => endpoint is SharedPortEndPoint or ListenerEndPoint;

    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        if (endpoint is SharedPortEndPoint shared)
        {
            return await shared.Shared.BindAsync(shared.Protocol, this, limits.Value.HandshakeTimeout, _logger, cancellationToken);
        }

        var listener = (ListenerEndPoint)endpoint;
        return new AdmittingListener(await _sockets.BindAsync(listener, cancellationToken), listener, budget, metrics, _logger);
    }
}
