using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>Takes services' connections.</summary>
internal sealed class ServiceConnectionHandler(GatewayCore gateway, ConnectionAdmission admission, LiveSessions sessions, ILogger<ServiceConnectionHandler> logger)
    : PeerConnectionHandler(gateway, admission, sessions, PeerKind.Service, logger)
{
    private readonly GatewayCore _gateway = gateway;

    protected override PeerSession CreateSession(ConnectionContext connection) => new ServiceSession(connection, _gateway);
}
