using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>
/// Accepts as many connections as the process has room for; others are cut as soon as they are there. Whatever fails while one is accepted, the next are: a server
/// whose listener throws does not accept any more, and says so nowhere but in its log.
/// </summary>
internal sealed partial class AdmittingListener(
    IConnectionListener socket, ListenerEndPoint listener, ConnectionBudget budget, ListenerMetrics metrics, ILogger logger) : IConnectionListener
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private volatile bool _isUnbound;

    /// <inheritdoc/>
    public EndPoint EndPoint => socket.EndPoint;

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                return await AcceptOneAsync(cancellationToken);
            }
#pragma warning disable CA1031 // See above.
            catch (Exception e) when (!_isUnbound && !cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Log.Failed(logger, listener.Name, Pause, e);
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }

    private async ValueTask<ConnectionContext?> AcceptOneAsync(CancellationToken cancellationToken)
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
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _isUnbound = true;
        return socket.UnbindAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _isUnbound = true;
        return socket.DisposeAsync();
    }

    private static partial class Log
    {
        [LoggerMessage(2, LogLevel.Error, "Failed to accept a connection on {Listener}; accepting the next in {Delay}")]
        public static partial void Failed(ILogger logger, string listener, TimeSpan delay, Exception exception);

        [LoggerMessage(1, LogLevel.Warning, "Rejected connection from {Source} on {Listener}: no room for more than {Limit} connections of its kind, or no descriptors left")]
        public static partial void Refused(ILogger logger, IPAddress source, string listener, int limit);
    }
}
