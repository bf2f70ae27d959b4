using Microsoft.AspNetCore.Connections;

namespace Frontier.Gateway;

/// <summary>Serves the connections of edges.</summary>
public sealed class EdgeConnectionHandler : ConnectionHandler
{
    /// <inheritdoc/>
    public override Task OnConnectedAsync(ConnectionContext connection) => Task.CompletedTask;
}
