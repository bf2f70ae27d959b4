using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Support;

/// <summary>A plain socket to the gateway on which a test may send whatever it likes. Cuts what comes back into frames.</summary>
internal class RawPeer : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly Lock _gate = new();
    private readonly List<GoFrame> _inbox = [];
    private readonly Action? _arrived;
    private readonly Task _reading;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _paused;
    private bool _ended;

    protected RawPeer(Socket socket, Action? arrived)
    {
        _socket = socket;
        _arrived = arrived;
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>The address the gateway sees.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Whether the gateway has ended the connection, in order or not.</summary>
    public bool IsEnded
    {
        get
        {
            lock (_gate)
            {
                return _ended;
            }
        }
    }

    /// <summary>Whether sending has failed because the gateway had ended the connection.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Frames that came and were not taken yet.</summary>
    public IReadOnlyList<GoFrame> Inbox
    {
        get
        {
            lock (_gate)
            {
                return [.. _inbox];
            }
        }
    }

    /// <summary>Connects.</summary>
    /// <param name="port">The gateway's port on loopback.</param>
    /// <param name="arrived">Called whenever something came.</param>
    public static async Task<RawPeer> ConnectAsync(int port, Action? arrived = null) => new(await DialAsync(port), arrived);

    /// <summary>Sends bytes as they are.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await _socket.SendAsync(bytes)..];
        }
    }

    /// <summary>Sends a frame.</summary>
    public Task SendAsync(GoFrame frame) => SendAsync(frame.Bytes);

    /// <summary>Sends bytes while the gateway takes them; does not mind when it does not, which is what hostile bytes are for.</summary>
    public async Task TrySendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await SendAsync(bytes);
        }
        catch (SocketException)
        {
            IsCut = true; // The test looks at that.
        }
    }

    /// <summary>Says that nothing more will be sent.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Stops taking bytes off the socket until <see cref="ResumeReading"/>.</summary>
    public void PauseReading()
    {
        lock (_gate)
        {
            _paused ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Goes on reading.</summary>
    public void ResumeReading()
    {
        lock (_gate)
        {
            _paused?.TrySetResult();
            _paused = null;
        }
    }

    /// <summary>Takes the first frame that fits, now or when it comes.</summary>
    public async Task<GoFrame> TakeAsync(Predicate<GoFrame> fits, string what)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (TakeUnderLock(fits) is { } frame)
                {
                    return frame;
                }

                if (_ended)
                {
                    Assert.Fail($"The gateway ended the connection before {what} came; here are: {string.Join(", ", _inbox)}");
                }

                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"No {what} within {Eventually.Deadline}; here are: {string.Join(", ", Inbox)}");
            }
        }
    }

    /// <summary>Takes the first frame of a type.</summary>
    public Task<GoFrame> TakeAsync(FrameType type) => TakeAsync(frame => frame.Type == type, type.ToString());

    /// <summary>Takes the answer to a packet.</summary>
    public Task<GoFrame> TakeAsync(FrameType type, ulong packetId) => TakeAsync(frame => frame.Type == type && frame.PacketId == packetId, $"{type} {packetId:x}");

    /// <summary>Takes the first frame that fits, if it is there already.</summary>
    public GoFrame? TryTake(Predicate<GoFrame> fits)
    {
        lock (_gate)
        {
            return TakeUnderLock(fits);
        }
    }

    /// <summary>Waits until the gateway has ended the connection.</summary>
    public Task EndedAsync() => _reading.WaitAsync(Eventually.Deadline);

    /// <summary>Cuts the connection so that the gateway gets a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    public virtual async ValueTask DisposeAsync()
    {
        ResumeReading();
        _socket.Dispose();
        await _reading;
        GC.SuppressFinalize(this);
    }

    protected static async Task<Socket> DialAsync(int port, int receiveBufferBytes = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBufferBytes > 0)
        {
            socket.ReceiveBufferSize = receiveBufferBytes; // Before connecting, or the window is agreed on already.
        }

        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sees every frame as it comes; true when it is dealt with.</summary>
    protected virtual bool OnFrame(GoFrame frame) => false;

    private GoFrame? TakeUnderLock(Predicate<GoFrame> fits)
    {
        var at = _inbox.FindIndex(fits);
        if (at < 0)
        {
            return null;
        }

        var frame = _inbox[at];
        _inbox.RemoveAt(at);
        return frame;
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        var length = 0;
        try
        {
            while (true)
            {
                await (_paused?.Task ?? Task.CompletedTask);
                var read = await _socket.ReceiveAsync(buffer.AsMemory(length));
                if (read == 0)
                {
                    break;
                }

                length += read;
                length = CutFrames(buffer, length);
                if (length == buffer.Length)
                {
                    Array.Resize(ref buffer, length * 2);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Reset by the gateway, or closed by the test.
        }

        Change(() => _ended = true);
    }

    private int CutFrames(byte[] buffer, int length)
    {
        var at = 0;
        while (length - at >= GoFrame.HeaderLength)
        {
            var body = (int)BinaryPrimitives.ReadUInt32BigEndian(buffer.AsSpan(at + 10));
            if (length - at < GoFrame.HeaderLength + body)
            {
                break;
            }

            var frame = new GoFrame(
                (FrameType)buffer[at + 1],
                BinaryPrimitives.ReadUInt64BigEndian(buffer.AsSpan(at + 2)),
                buffer.AsSpan(at + GoFrame.HeaderLength, body).ToArray());
            at += GoFrame.HeaderLength + body;
            if (!OnFrame(frame))
            {
                Change(() => _inbox.Add(frame));
            }
        }

        buffer.AsSpan(at, length - at).CopyTo(buffer);
        return length - at;
    }

    private void Change(Action change)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            change();
            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.TrySetResult();
        _arrived?.Invoke();
    }
}
