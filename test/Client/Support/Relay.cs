using System.Net;
using System.Net.Sockets;

namespace Frontier.Client.Tests;

/// <summary>A TCP relay in front of a gateway that can stop passing bytes on without a word, as a dead link does.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _target;
    private readonly List<Socket> _sockets = [];
    private readonly Task _accepting;
    private volatile Freezer _freezer = new();

    public Relay(IPEndPoint target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Nothing more passes on the connections there are; later ones work.</summary>
    public void Freeze()
    {
        _freezer.IsFrozen = true;
        _freezer = new Freezer();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        lock (_sockets)
        {
            _sockets.ForEach(socket => socket.Dispose());
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptSocketAsync();
                var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await far.ConnectAsync(_target);
                lock (_sockets)
                {
                    _sockets.AddRange([near, far]);
                }

                var freezer = _freezer;
                _ = PassAsync(near, far, freezer);
                _ = PassAsync(far, near, freezer);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private static async Task PassAsync(Socket from, Socket to, Freezer freezer)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer)) > 0)
            {
                if (!freezer.IsFrozen)
                {
                    await to.SendAsync(buffer.AsMemory(0, read));
                }
            }

            if (!freezer.IsFrozen)
            {
                to.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            if (!freezer.IsFrozen)
            {
                to.Dispose();
            }
        }
    }

    private sealed class Freezer
    {
        public volatile bool IsFrozen;
    }
}
