using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace Frontier.Queues;

/// <summary>
/// Makes a connection to Redis follow its server's role to another one. The library keeps a connection to a server that became a replica, and every write on it fails.
/// When no server that it knows takes writes, all are asked for their role, and connected to anew: a name can mean another server by now.
/// </summary>
public sealed class RedisFailover : IAsyncDisposable
{
    // For writes to go on within seconds, and for a server that stays a replica to have no more than this to do.
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly ConnectionMultiplexer _connection;
    private readonly Sockets _sockets;
    private readonly Action<bool> _onChange;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _following;
    private volatile bool _wasRefused;
    private bool _disposed;

    private RedisFailover(ConnectionMultiplexer connection, Sockets sockets, Action<bool> onChange)
    {
        _connection = connection;
        _sockets = sockets;
        _onChange = onChange;
        connection.ErrorMessage += OnError;
        _following = FollowAsync();
    }

    /// <summary>Prepares connections for being followed. To be called before they are made.</summary>
    /// <param name="options">How to connect.</param>
    public static void Prepare(ConfigurationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Tunnel = new Sockets(options.Tunnel);
    }

    /// <summary>Follows a connection until it is disposed of.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="options">What it was made with, after <see cref="Prepare"/>.</param>
    /// <param name="onChange">Told when no server takes writes (false), and when one does again (true).</param>
    public static RedisFailover Follow(ConnectionMultiplexer connection, ConfigurationOptions options, Action<bool> onChange)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(options);
        return new RedisFailover(connection, (Sockets)options.Tunnel!, onChange);
    }

    /// <summary>Whether all servers that a connection has reached are replicas, which take no writes.</summary>
    /// <param name="connection">The connection.</param>
    public static bool HasOnlyReplicas(IConnectionMultiplexer connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var replicas = 0;
        foreach (var server in connection.GetServers())
        {
            if (server is { IsConnected: true, ServerType: not ServerType.Sentinel })
            {
                if (!server.IsReplica)
                {
                    return false;
                }

                replicas++;
            }
        }

        return replicas > 0;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return; // Its owner is registered under several types, and disposed of for each.
        }

        _connection.ErrorMessage -= OnError;
        await _ended.CancelAsync();
        await _following;
        _ended.Dispose();
    }

    private void OnError(object? sender, RedisErrorEventArgs error)
    {
        // In the answer to a script it stands in the middle.
        if (error.Message.Contains("READONLY", StringComparison.Ordinal))
        {
            _wasRefused = true;
        }
    }

    private async Task FollowAsync()
    {
        using var timer = new PeriodicTimer(Period);
        var isAway = false;
        try
        {
            while (await timer.WaitForNextTickAsync(_ended.Token))
            {
                isAway = await LookAsync(isAway);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed of.
        }
    }

    // Answers whether nobody takes writes.
    private async Task<bool> LookAsync(bool wasAway)
    {
        if (!_wasRefused && !HasOnlyReplicas(_connection))
        {
            // One whose connection is gone altogether is the library's to find.
            if (wasAway && _connection.IsConnected)
            {
                _onChange(true);
                return false;
            }

            return wasAway;
        }

        if (!wasAway)
        {
            _onChange(false);
        }

        _wasRefused = false;
        try
        {
            await _connection.ConfigureAsync();
        }
#pragma warning disable CA1031 // Whatever it is, the connections are made anew, and this is tried again.
        catch
#pragma warning restore CA1031
        {
            // Nobody answered.
        }

        if (HasOnlyReplicas(_connection))
        {
            _sockets.Drop();
        }

        return true;
    }

    // The library has no other way to let go of a connection.
    private sealed class Sockets(Tunnel? inner) : Tunnel
    {
        private readonly ConcurrentDictionary<Socket, byte> _open = [];

        public void Drop()
        {
            foreach (var (socket, _) in _open)
            {
                Drop(socket);
            }
        }

        public override ValueTask<EndPoint?> GetSocketConnectEndpointAsync(EndPoint endpoint, CancellationToken cancellationToken) =>
            inner is null ? ValueTask.FromResult<EndPoint?>(endpoint) : inner.GetSocketConnectEndpointAsync(endpoint, cancellationToken);

        public override ValueTask BeforeSocketConnectAsync(
            EndPoint endPoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken) =>
            inner is null ? ValueTask.CompletedTask : inner.BeforeSocketConnectAsync(endPoint, connectionType, socket, cancellationToken);

        public override ValueTask<Stream?> BeforeAuthenticateAsync(
            EndPoint endpoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken)
        {
            Forget();
            if (socket is not null)
            {
                _open.TryAdd(socket, 0);
            }

            return inner is null ? default : inner.BeforeAuthenticateAsync(endpoint, connectionType, socket, cancellationToken);
        }

        // Those that the library has closed by itself.
        private void Forget()
        {
            foreach (var (socket, _) in _open)
            {
                if (!socket.Connected)
                {
                    _open.TryRemove(socket, out _);
                }
            }
        }

        private void Drop(Socket socket)
        {
            _open.TryRemove(socket, out _);
            try
            {
                socket.Shutdown(SocketShutdown.Both);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // Closed already.
            }
        }
    }
}
