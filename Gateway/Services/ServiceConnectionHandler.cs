using Microsoft.AspNetCore.Connections;

namespace Frontier.Gateway;

/// <summary>Serves the connections of services.</summary>
public sealed class ServiceConnectionHandler : ConnectionHandler
{
    /// <inheritdoc/>
    public override Task OnConnectedAsync(ConnectionContext connection) => Task.CompletedTask;
}
