using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Frontier.Load;

/// <summary>
/// The limit that a gateway is held against: accepts, connects onwards, and copies bytes both ways with pipelines, looking at none of them. It uses the
/// socket transport of Kestrel with the options that the gateway uses, so that what differs is what the gateway does.
/// </summary>
internal sealed class BareRelay : IAsyncDisposable
{
    private readonly IConnectionListener _listener;
    private readonly SocketConnectionContextFactory _outgoing;
    private readonly IPEndPoint _target;
    private readonly Task _accepting;

    private BareRelay(IConnectionListener listener, SocketTransportOptions options, IPEndPoint target)
    {
        _listener = listener;
        _target = target;
        var connections = new SocketConnectionFactoryOptions
        {
            UnsafePreferInlineScheduling = options.UnsafePreferInlineScheduling,
            WaitForDataBeforeAllocatingBuffer = options.WaitForDataBeforeAllocatingBuffer,
        };
        _outgoing = new SocketConnectionContextFactory(connections, NullLogger.Instance);
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public EndPoint EndPoint => _listener.EndPoint;

    /// <summary>Listens.</summary>
    /// <param name="listen">Where; port 0 for a free one.</param>
    /// <param name="target">Where to connect for each connection.</param>
    /// <exception cref="LoadException">The address cannot be had.</exception>
    public static async Task<BareRelay> StartAsync(IPEndPoint listen, IPEndPoint target)
    {
        var options = new SocketTransportOptions { UnsafePreferInlineScheduling = false, WaitForDataBeforeAllocatingBuffer = true, Backlog = 4096 };
        var transport = new SocketTransportFactory(Options.Create(options), NullLoggerFactory.Instance);
        try
        {
            return new BareRelay(await transport.BindAsync(listen), options, target);
        }
        catch (Exception error) when (error is SocketException or AddressInUseException)
        {
            throw new LoadException($"the relay cannot listen on {listen}: {error.Message}");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _listener.UnbindAsync();
        await _listener.DisposeAsync();
        await _accepting;
        _outgoing.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (await _listener.AcceptAsync() is { } incoming)
        {
            _ = RelayAsync(incoming);
        }
    }

    private async Task RelayAsync(ConnectionContext incoming)
    {
        await using var closeIncoming = incoming;
        var socket = new Socket(_target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(_target);
            await using var outgoing = _outgoing.Create(socket);
            var there = CopyAsync(incoming.Transport.Input, outgoing.Transport.Output);
            var back = CopyAsync(outgoing.Transport.Input, incoming.Transport.Output);
            await Task.WhenAll(there, back);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            await Console.Error.WriteLineAsync($"relay: no connection to {_target}: {error.Message}");
        }
    }

    private static async Task CopyAsync(PipeReader from, PipeWriter to)
    {
        try
        {
            while (true)
            {
                var result = await from.ReadAsync();
                foreach (var segment in result.Buffer)
                {
                    to.Write(segment.Span);
                }

                from.AdvanceTo(result.Buffer.End);
                if (!result.Buffer.IsEmpty && (await to.FlushAsync()).IsCompleted)
                {
                    break;
                }

                if (result.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (Exception error) when (error is IOException or SocketException or InvalidOperationException)
        {
            // A socket that just dies is normal; so is a pipe that its connection has already ended.
        }

        await to.CompleteAsync();
        await from.CompleteAsync();
    }
}
