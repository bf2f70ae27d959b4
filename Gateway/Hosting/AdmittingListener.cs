using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>Accepts as many connections as the process has room for; others are cut as soon as they are there.</summary>
internal sealed partial class AdmittingListener(
    IConnectionListener socket, ListenerEndPoint listener, ConnectionBudget budget, ListenerMetrics metrics, ILogger logger) : IConnectionListener
{
    /// <inheritdoc/>
    public EndPoint EndPoint => socket.EndPoint;

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await socket.AcceptAsync(cancellationToken) is { } connection)
        {
            var source = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
            if (budget.TryEnter(listener.Kind, source, connection.Abort) is { } entry)
            {
                return new AdmittedConnection(connection, entry);
            }

            metrics.Refused(listener.Name, "too_many_connections");
            Log.Refused(logger, source.IsIPv4MappedToIPv6 ? source.MapToIPv4() : source, listener.Name, budget.RoomFor(listener.Kind));
            connection.Abort();
            await connection.DisposeAsync();
        }

        return null;
    }

    /// <inheritdoc/>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => socket.UnbindAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => socket.DisposeAsync();

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Rejected connection from {Source} on {Listener}: no room for more than {Limit} connections of its kind, or no descriptors left")]
        public static partial void Refused(ILogger logger, IPAddress source, string listener, int limit);
    }
}
