using System.Buffers;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>Accepts connections, looks at their first bytes without taking them, and puts each into the queue of its protocol.</summary>
/// <param name="socket">Where they come from.</param>
/// <param name="proxy">What tells the peers' own addresses; null where they connect themselves.</param>
/// <param name="timeout">How long a connection may take to send enough to be told apart.</param>
/// <param name="logger">The log.</param>
internal sealed partial class PeekingListener(IConnectionListener socket, ProxyProtocol? proxy, TimeSpan timeout, ILogger logger)
{
    private readonly Channel<ConnectionContext> _http1 = Channel.CreateUnbounded<ConnectionContext>();
    private readonly Channel<ConnectionContext> _http2 = Channel.CreateUnbounded<ConnectionContext>();
    private readonly TaskCompletionSource _decided = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _accepting;
    private int _undecided = 1; // The loop itself counts as one, so that the last to leave is known.

    // HTTP/2 with prior knowledge begins with "PRI * HTTP/2.0" (RFC 9113, 3.4); PRI is no method of HTTP/1.1 and never will be.
    private static ReadOnlySpan<byte> Preface => "PRI "u8;

    /// <summary>The connections of a protocol.</summary>
    public ChannelReader<ConnectionContext> Queue(HttpProtocols protocol) => protocol == HttpProtocols.Http2 ? _http2.Reader : _http1.Reader;

    /// <summary>Begins to accept, once.</summary>
    public void Start(CancellationToken stopping) => _accepting ??= AcceptAsync(stopping);

    /// <summary>Ends the queues when nothing was ever accepted; otherwise the token given to <see cref="Start"/> does. Not at the same time as that.</summary>
    public void StopUnstarted()
    {
        if (_accepting is null)
        {
            _accepting = Task.CompletedTask;
            Leave();
        }
    }

    /// <summary>Completes when nothing is accepted or looked at any more, and both queues have ended.</summary>
    public Task WhenStoppedAsync() => Task.WhenAll(_accepting ?? Task.CompletedTask, _decided.Task);

    private async Task AcceptAsync(CancellationToken stopping)
    {
        try
        {
            while (await socket.AcceptAsync(stopping) is { } connection)
            {
                Interlocked.Increment(ref _undecided);
                _ = DecideAsync(connection, stopping);
            }
        }
        catch (OperationCanceledException)
        {
            // The port is closing.
        }
        finally
        {
            Leave();
        }
    }

    private async Task DecideAsync(ConnectionContext connection, CancellationToken stopping)
    {
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            patience.CancelAfter(timeout);
            if ((proxy is not null && !await proxy.TakeHeaderAsync(connection, stopping))
                || await PeekAsync(connection, patience.Token) is not { } isHttp2 || !(isHttp2 ? _http2 : _http1).Writer.TryWrite(connection))
            {
                await DropAsync(connection);
            }
        }
#pragma warning disable CA1031 // Whatever goes wrong with one connection ends that connection, and nothing else.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Log.Cut(logger, connection.RemoteEndPoint, error.Message);
            await DropAsync(connection);
        }
        finally
        {
            Leave();
        }
    }

    // Null when the peer left before it had said enough.
    private static async ValueTask<bool?> PeekAsync(ConnectionContext connection, CancellationToken cancellationToken)
    {
        var input = connection.Transport.Input;
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var decision = Decide(read.Buffer);
            if (decision is null && !read.IsCompleted)
            {
                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            // Nothing is taken, and nothing counts as seen: the server's first read returns at once with all of it.
            input.AdvanceTo(read.Buffer.Start);
            return decision;
        }
    }

    private static bool? Decide(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> first = stackalloc byte[Preface.Length];
        var length = (int)Math.Min(first.Length, buffer.Length);
        buffer.Slice(0, length).CopyTo(first);
        return !Preface.StartsWith(first[..length]) ? false : length == first.Length ? true : null;
    }

    private static async ValueTask DropAsync(ConnectionContext connection)
    {
        connection.Abort();
        await connection.DisposeAsync();
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _undecided) == 0)
        {
            _http1.Writer.TryComplete();
            _http2.Writer.TryComplete();
            _decided.TrySetResult();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "A connection from {Source} ended before its first bytes: {Reason}")]
        public static partial void Cut(ILogger logger, System.Net.EndPoint? source, string reason);
    }
}
