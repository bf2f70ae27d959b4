using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>
/// A port whose connections go to one of two endpoints, by their first bytes. The socket is opened with the first of the two and closed when Kestrel
/// stops either; it is disposed of after both are, because its memory is in use by their connections.
/// </summary>
/// <param name="address">The address to listen on.</param>
/// <param name="proxy">What tells the peers' own addresses, before anything else is looked at; null where peers connect themselves.</param>
internal sealed class SharedPort(IPEndPoint address, ProxyProtocol? proxy = null) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private IConnectionListener? _socket;
    private PeekingListener? _listener;
    private int _bound;

    /// <summary>The address to listen on.</summary>
    public IPEndPoint Address { get; } = address;

    /// <summary>Opens the socket, unless the other endpoint has, and gives the connections of one protocol.</summary>
    public async ValueTask<IConnectionListener> BindAsync(
        HttpProtocols protocol, IConnectionListenerFactory sockets, TimeSpan peekTimeout, ILogger logger, CancellationToken cancellationToken)
    {
        // Kestrel binds one endpoint after the other.
        if (_socket is null)
        {
            _socket = await sockets.BindAsync(Address, cancellationToken);
            _listener = new PeekingListener(_socket, proxy, peekTimeout, logger);
        }

        Interlocked.Increment(ref _bound);
        return new SharedPortListener(this, _socket.EndPoint, _listener!.Queue(protocol));
    }

    /// <summary>Begins to accept connections, once.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (!_stopping.IsCancellationRequested)
            {
                _listener!.Start(_stopping.Token);
            }
        }
    }

    /// <summary>Closes the socket; connections that have not said yet what they are get cut.</summary>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _stopping.Cancel();
            _listener!.StopUnstarted(); // A start that fails may stop before anybody asked for a connection, and somebody may still ask.
        }

        await _socket!.UnbindAsync(cancellationToken);
        // Not with the token: a start that fails stops with a token that is canceled already, and this takes no time.
        await _listener.WhenStoppedAsync();
    }

    /// <summary>An endpoint is done with.</summary>
    public async ValueTask ReleaseAsync()
    {
        if (Interlocked.Decrement(ref _bound) == 0)
        {
            await UnbindAsync(CancellationToken.None);
            await _socket!.DisposeAsync();
            Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();
}
