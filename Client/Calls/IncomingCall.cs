using Frontier.Protocol;
using Microsoft.Extensions.Logging;

namespace Frontier.Client;

/// <summary>
/// A call that is being handled: runs the handler on the thread pool, cancels it when the caller gives up, and sends the answer. Used again,
/// with its cancellation source, as long as nothing canceled it.
/// </summary>
#pragma warning disable CA1001 // Nobody knows when a handler lets go of its token, so the source is left to the garbage collector.
internal sealed partial class IncomingCall : IThreadPoolWorkItem
#pragma warning restore CA1001
{
    // What a caller is told about a failure that is not meant for it.
    private const string HandlerFailed = "handler failed";

    private readonly CancellationTokenSource _cancellation = new();
    private SessionChannel? _channel;
    private MethodHandler? _handler;
    private FrontierRequest? _request;
    private long _due;
    private bool _canceled;

    public ulong PacketId { get; private set; }

    /// <summary>Takes an object for one call.</summary>
    /// <param name="channel">Where it came.</param>
    /// <param name="packetId">Its id.</param>
    /// <param name="handler">What handles it.</param>
    /// <param name="request">What the handler gets.</param>
    /// <param name="due">When the caller gives up, on the <see cref="Environment.TickCount64"/> clock in milliseconds; 0 when it did not say.</param>
    public static IncomingCall Rent(SessionChannel channel, ulong packetId, MethodHandler handler, FrontierRequest request, long due)
    {
        var call = Pool<IncomingCall>.Rent();
        call._channel = channel;
        call._handler = handler;
        call._request = request;
        call._due = due;
        call.PacketId = packetId;
        return call;
    }

    /// <summary>Queues the handler, for as long as the caller waits.</summary>
    public void Start()
    {
        if (_due != 0)
        {
            var left = _due - Environment.TickCount64;
            if (left <= 0)
            {
                _cancellation.Cancel();
            }
            else if (left < int.MaxValue)
            {
                _cancellation.CancelAfter((int)left);
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>The caller gave up, or is gone. Called while the connection knows the call; what the handler hung on its token runs elsewhere.</summary>
    public void Cancel()
    {
        _canceled = true;
        _ = _cancellation.CancelAsync();
    }

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    private async Task RunAsync()
    {
        var connection = _channel!.Connection;
        CallResponse response = default;
        string? error = null;
        var code = FrontierErrorCode.Unknown;
        try
        {
            response = ClientTelemetry.ObservesHandlers
                ? await ClientTelemetry.ObserveAsync(_request!, _handler!, _cancellation.Token).ConfigureAwait(false)
                : await _handler!.Handle(_request!, _cancellation.Token).ConfigureAwait(false);
        }
        catch (FrontierException e)
        {
            error = e.Message.Length > 0 ? e.Message : e.Code.ToString();
            code = e.Code;
        }
        catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
        {
            (error, code) = _canceled ? (FrontierErrorText.Canceled, FrontierErrorCode.Canceled) : (FrontierErrorText.Timeout, FrontierErrorCode.Timeout);
        }
#pragma warning disable CA1031 // Whatever a handler throws is the answer to one call and must not hurt the others.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.HandlerFailed(connection.Logger, e, _handler!.Name);
            error = HandlerFailed;
        }

        connection.EndHandling(this);
        var (channel, handler, packetId) = (_channel, _handler!, PacketId);
        Recycle();
        await connection.AnswerAsync(FrameType.Response, packetId, channel.SessionId, handler.Key, response, error, code).ConfigureAwait(false);
    }

    private void Recycle()
    {
        _channel = null;
        _handler = null;
        _request = null;
        if (!_canceled && _cancellation.TryReset())
        {
            Pool<IncomingCall>.Return(this);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The handler of {Method} failed.")]
        public static partial void HandlerFailed(ILogger logger, Exception exception, string method);
    }
}
