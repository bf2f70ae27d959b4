using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Frontier.Sdk.Tests;

/// <summary>Which way bytes go through a gate.</summary>
internal enum Way
{
    ToGateway,
    ToClient,
}

/// <summary>
/// A TCP relay in front of a gateway that counts frames each way and can cut the connection at any byte of any of them, cut every connection there is, or
/// pass bytes on slowly.
/// </summary>
internal sealed class FrameGate : IAsyncDisposable
{
    private const int HeaderLength = 14;
    private const int LengthOffset = 10;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _target;
    private readonly Lock _gate = new();
    private readonly List<(Socket Near, Socket Far)> _pairs = [];
    private readonly Task _accepting;
    private (Way Way, int Frame, double Part)? _cut;
    private int _connections;

    public FrameGate(IPEndPoint target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>How long each piece of bytes is kept before it is passed on.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Connections made through the gate.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Whole frames passed on over all connections, each way.</summary>
    public int[] Frames { get; } = new int[2];

    /// <summary>The next connection that gets so far is cut, once.</summary>
    /// <param name="way">Which frames count.</param>
    /// <param name="frame">How many whole frames pass first.</param>
    /// <param name="part">How much of the next one, from 0 to 1, 1 excluded.</param>
    public void CutAt(Way way, int frame, double part)
    {
        lock (_gate)
        {
            _cut = (way, frame, part);
        }
    }

    /// <summary>Whether the cut that was asked for has not happened.</summary>
    public bool IsCutPending
    {
        get
        {
            lock (_gate)
            {
                return _cut is not null;
            }
        }
    }

    /// <summary>Lets everything through from now on.</summary>
    public void Open()
    {
        lock (_gate)
        {
            _cut = null;
        }
    }

    /// <summary>Cuts every connection there is.</summary>
    public void CutAll()
    {
        (Socket Near, Socket Far)[] pairs;
        lock (_gate)
        {
            pairs = [.. _pairs];
            _pairs.Clear();
        }

        foreach (var (near, far) in pairs)
        {
            Cut(near, far);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        CutAll();
    }

    private static void Cut(Socket near, Socket far)
    {
        // Without lingering: a reset, as from a host that went down.
        foreach (var socket in new[] { near, far })
        {
            try
            {
                socket.LingerState = new LingerOption(true, 0);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Gone already.
            }

            socket.Dispose();
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket near;
            try
            {
                near = await _listener.AcceptSocketAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            near.NoDelay = true;
            try
            {
                await far.ConnectAsync(_target);
            }
            catch (SocketException)
            {
                Cut(near, far); // The gateway is down.
                continue;
            }

            Interlocked.Increment(ref _connections);
            lock (_gate)
            {
                _pairs.Add((near, far));
            }

            _ = PassAsync(near, far, Way.ToGateway);
            _ = PassAsync(far, near, Way.ToClient);
        }
    }

    private async Task PassAsync(Socket from, Socket to, Way way)
    {
        var buffer = new byte[16 * 1024];
        var frame = new FrameCounter();
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer)) > 0)
            {
                var allowed = read;
                var cut = false;
                lock (_gate)
                {
                    for (var i = 0; i < read && !cut; i++)
                    {
                        if (_cut is { } at && at.Way == way && frame.Count == at.Frame && frame.IsAt(at.Part))
                        {
                            _cut = null;
                            allowed = i;
                            cut = true;
                        }
                        else if (frame.Take(buffer[i]))
                        {
                            Frames[(int)way]++;
                        }
                    }
                }

                if (Delay > TimeSpan.Zero)
                {
                    await Task.Delay(Delay);
                }

                await to.SendAsync(buffer.AsMemory(0, allowed));
                if (cut)
                {
                    Cut(from, to);
                    return;
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            to.Dispose();
        }
    }

    /// <summary>Knows where in which frame of a direction it is.</summary>
    private sealed class FrameCounter
    {
        private readonly byte[] _header = new byte[HeaderLength];
        private int _taken;
        private int _body;

        /// <summary>Whole frames so far.</summary>
        public int Count { get; private set; }

        /// <summary>Whether the next byte is the first beyond a part of the present frame.</summary>
        public bool IsAt(double part) => part == 0 ? _taken == 0 : _taken >= HeaderLength && _taken >= (int)(part * (HeaderLength + _body));

        /// <summary>Takes a byte.</summary>
        /// <returns>Whether it was the last of its frame.</returns>
        public bool Take(byte value)
        {
            if (_taken < HeaderLength)
            {
                _header[_taken] = value;
            }

            _taken++;
            if (_taken == HeaderLength)
            {
                _body = BinaryPrimitives.ReadInt32BigEndian(_header.AsSpan(LengthOffset));
            }

            if (_taken < HeaderLength || _taken < HeaderLength + _body)
            {
                return false;
            }

            _taken = 0;
            _body = 0;
            Count++;
            return true;
        }
    }
}
