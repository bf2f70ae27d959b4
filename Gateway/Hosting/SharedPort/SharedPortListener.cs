using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Frontier.Gateway;

/// <summary>The connections of one protocol on a shared port, as Kestrel takes them.</summary>
internal sealed class SharedPortListener(SharedPort port, EndPoint endPoint, ChannelReader<ConnectionContext> connections) : IConnectionListener
{
    private int _disposed;

    /// <inheritdoc/>
    public EndPoint EndPoint => endPoint;

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        port.Start();
        try
        {
            return await connections.ReadAsync(cancellationToken);
        }
        catch (ChannelClosedException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => port.UnbindAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            // What was queued and never taken would otherwise stay open.
            while (connections.TryRead(out var connection))
            {
                connection.Abort();
                await connection.DisposeAsync();
            }

            await port.ReleaseAsync();
        }
    }
}
