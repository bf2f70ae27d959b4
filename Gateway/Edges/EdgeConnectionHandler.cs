using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>Takes edges' connections.</summary>
internal sealed class EdgeConnectionHandler(GatewayCore gateway, ConnectionAdmission admission, LiveSessions sessions, ILogger<EdgeConnectionHandler> logger)
    : PeerConnectionHandler(gateway, admission, sessions, PeerKind.Edge, logger)
{
    private readonly GatewayCore _gateway = gateway;

    protected override PeerSession CreateSession(ConnectionContext connection) => new EdgeSession(connection, _gateway);
}
